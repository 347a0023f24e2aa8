"""Regenerates the small recognisers and the reference outputs that tests/models/avsr_test.cpp compares with:
python make_avsr_vectors.py [--digits ../assets/avsr/digits.safetensors]"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

from limpid_train import weights
from limpid_train.avsr.export import load
from limpid_train.avsr.features import log_mel, synthetic_lips
from limpid_train.avsr.model import DEFAULT, Avsr

ROOT = Path(__file__).parents[1]
RATE, SAMPLES = 8000, 13397  # 167 whole hops and a rest: incomplete groups at every rate
SMALL = {**DEFAULT, "bands": 12, "encoder": 10, "lip_encoder": 6, "projector": 14, "width": 24, "layers": 2, "heads": 3,
         "hidden": 18, "window_tokens": 40, "words": ["left", "right", "stop"]}
VARIANTS = {"avsr_tiny_average": {"attention": "sink_logit"},
            "avsr_tiny_stack": {"attention": "sigmoid", "gate": True, "compression": "stack", "rate": 8, "kernel": 3}}


def spoken():
    """A gliding voice with pauses, in noise: no recording, so it may be committed."""
    rng = np.random.default_rng(3)
    time = np.arange(SAMPLES) / RATE
    phase = 2 * np.pi * np.cumsum(130 + 30 * np.sin(2 * np.pi * 1.7 * time)) / RATE
    voice = sum(np.sin(k * phase) / k * (1 + np.cos(2 * np.pi * (k - 4 - 3 * np.sin(5 * time)) / 13)) for k in range(1, 22))
    voice *= np.maximum(0, np.sin(2 * np.pi * 2.2 * time))
    return (0.05 * voice + 0.003 * rng.standard_normal(SAMPLES)).astype(np.float32)


def randomise(network, seed):
    """Weights of every layer away from their defaults, so that a skipped one shows."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            noise = torch.rand(value.shape, generator=generator) * 2 - 1
            if value.ndim == 1:
                value.copy_(0.3 * noise + (1 if "norm" in name and name.endswith("weight") or ".3.weight" in name else 0))
            else:
                value.copy_(noise * (3 / value[0].numel()) ** 0.5)
    return network.eval()


def expected(network, audio, lips, words, rates):
    """Scores for audio, lips and both at each rate, in double precision."""
    network = network.double()
    audio, lips, words = audio.double(), lips.double(), torch.tensor([words])
    mel = log_mel(audio, network.config["bands"], network.config["window"], network.config["hop"], RATE)
    result = {"mel": mel[0]}
    with torch.no_grad():
        for rate in rates:
            result[f"scores_both_{rate}"] = network(words, mel, lips, rate)[0][0]
            result[f"scores_audio_{rate}"] = network(words, mel, None, rate)[0][0]
            result[f"scores_video_{rate}"] = network(words, None, lips, rate)[0][0]
    return result


def write(path, network, audio, words, rates):
    lips = synthetic_lips(audio)
    tensors = {"audio": audio[0], "lips": lips[0], "words": torch.tensor(words),
               **expected(network, audio, lips, words, rates)}
    weights.write(path, weights.tensors_of(tensors), {}, {"summary": "reference outputs"})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "tests" / "data")
    parser.add_argument("--digits", type=Path, default=ROOT / "assets" / "avsr" / "digits.safetensors")
    arguments = parser.parse_args()
    audio = torch.from_numpy(spoken())[None]
    for number, (name, settings) in enumerate(VARIANTS.items()):
        network = randomise(Avsr({**SMALL, **settings}), number)
        weights.write(arguments.output / f"{name}.safetensors", weights.tensors_of(network.state_dict()), network.config,
                      {"name": name.replace("_", "-"), "summary": f"random weights for tests, seed {number}", "licence": "MIT"})
        rates = [network.config["rate"]] if network.config["compression"] == "stack" else [1, 3, 16]
        write(arguments.output / f"{name}_expected.safetensors", network, audio, [2, 0, 1, 1], rates)
    if arguments.digits.exists():
        write(arguments.output / "avsr_digits_expected.safetensors", load(arguments.digits), audio, [7, 0, 2], [2, 4, 8, 16])
    print(json.dumps(sorted(path.name for path in arguments.output.glob("avsr_*"))))


if __name__ == "__main__":
    main()
