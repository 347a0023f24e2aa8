"""Regenerates the small model and the reference outputs that the C++ tests compare with."""
import argparse
import json
from pathlib import Path

import numpy as np
import torch
from scipy.io import wavfile

from limpid_train import weights
from limpid_train.network import Frcrn

ROOT = Path(__file__).parents[1]
RATE, SECONDS = 16000, 1.2
TINY = {"architecture": "frcrn", "sample_rate": RATE, "window": 0.02, "hop": 0.01, "any_rate": True, "compression": 0.5,
        "unets": 1, "channels": [4, 4, 6, 6, 8, 8], "kernels": [5, 5, 5, 5, 5, 2],
        "decoder_kernels": [2, 5, 5, 6, 5, 5], "frequency_order": 20, "time_order": 20, "time_layers": 2,
        "pooling": "running", "reduction": 2, "pooling_horizon": 50, "lookahead": False}


def voiced_signal():
    """A gliding harmonic tone with pauses, in noise: no recording, so it may be committed."""
    rng = np.random.default_rng(7)
    time = np.arange(int(RATE * SECONDS)) / RATE
    pitch = 140 + 40 * np.sin(2 * np.pi * 1.3 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.sin(k * phase) / k * (1 + np.cos(2 * np.pi * (k - 5) / 17)) for k in range(1, 25))
    voice *= 0.5 - 0.5 * np.cos(2 * np.pi * np.minimum(1, (time * 2.5) % 1.2))
    return (0.05 * voice + 0.02 * rng.standard_normal(len(time))).astype(np.float32)


def randomise(network, seed):
    """Weights of every layer away from their defaults, statistics and biases included, so that a skipped one shows."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            noise = torch.rand(value.shape, generator=generator) * 2 - 1
            if name.endswith("running_var"):
                value.copy_(1 + 0.5 * noise)
            elif ".bn_" in name and name.endswith("weight"):
                value.copy_(1 + 0.3 * noise)
            elif value.ndim == 1:
                value.copy_(0.3 * noise)
            elif ".linear.conv_" in name:
                value.copy_(0.6 + 0.2 * noise)
            else:
                fan = value.shape[1:].numel() if "tconv" not in name else value.shape[0] * value.shape[2:].numel()
                value.copy_(noise * (3 / fan) ** 0.5)
    return network.eval()


def expected(network, signal):
    """The offline result in double precision; a stream has to arrive at the same samples."""
    network = network.double()
    network.stft.window = torch.hann_window(network.stft.window_length, dtype=torch.float64).sqrt()
    with torch.no_grad():
        return network(torch.as_tensor(signal, dtype=torch.float64)[None])[0].numpy()


def write_wav(path, signal):
    """Without libsndfile, whose float files hold the time of writing."""
    wavfile.write(path, RATE, signal.astype(np.float32))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "tests" / "data")
    parser.add_argument("--model", type=Path, default=ROOT / "assets" / "frcrn-causal.safetensors")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    signal = voiced_signal()
    write_wav(arguments.output / "frcrn_tiny_input.wav", signal)
    tiny = randomise(Frcrn(TINY), seed=7)
    weights.write(arguments.output / "frcrn_tiny.safetensors", weights.tensors_of(tiny.state_dict()), TINY,
                  {"name": "frcrn-tiny", "summary": "random weights for tests, seed 7", "licence": "MIT"})
    result = expected(tiny, signal)
    write_wav(arguments.output / "frcrn_tiny_expected.wav", result)
    print(json.dumps({"tiny_rms": float(np.sqrt(np.mean(result ** 2)))}))
    if arguments.model.exists():
        shipped = weights.load_network(arguments.model)
        write_wav(arguments.output / "frcrn_causal_expected.wav", expected(shipped, signal))


if __name__ == "__main__":
    main()
