"""Regenerates the small model and the reference outputs that the C++ tests compare with."""
import argparse
import json
from pathlib import Path

import numpy as np
import torch
from scipy.io import wavfile

from limpid_train import weights
from limpid_train.deftan2 import Deftan2
from limpid_train.longconv import LongConv
from limpid_train.network import Frcrn

ROOT = Path(__file__).parents[1]
RATE, SECONDS = 16000, 1.2
TINY = {"architecture": "frcrn", "sample_rate": RATE, "window": 0.02, "hop": 0.01, "any_rate": True, "compression": 0.5,
        "unets": 1, "channels": [4, 4, 6, 6, 8, 8], "kernels": [5, 5, 5, 5, 5, 2],
        "decoder_kernels": [2, 5, 5, 6, 5, 5], "frequency_order": 20, "time_order": 20, "time_layers": 2,
        "pooling": "running", "reduction": 2, "pooling_horizon": 50, "level_horizon": 40, "lookahead": False}

ARRAY = {"architecture": "deftan2", "sample_rate": RATE, "window": 0.032, "hop": 0.016, "microphones": 3, "layers": 2,
         "channels": 12, "unfold": 3, "heads": 2, "head_width": 5, "hidden": 20, "causal": False}
ARRAY_CAUSAL = {**ARRAY, "causal": True, "output": "filter", "level_horizon": 30}

LONGCONV = {"architecture": "longconv", "sample_rate": RATE, "window": 0.02, "hop": 0.01, "any_rate": True,
            "bands": [3, 5, 9, 20, 51, 73], "channels": 7, "blocks": 2, "memory": 5, "short_taps": 3, "long_taps": 71,
            "filter_hidden": 6, "level_horizon": 20, "exchange": 9, "hidden": 11, "taps": 2, "voice": True}
LONGCONV_FINE = {**LONGCONV, "analysis_window": 0.04, "bands": [6, 10, 18, 40, 102, 145]}
LONGCONV_ARRAY = {**LONGCONV, "any_rate": False, "microphones": ARRAY["microphones"], "coherence_horizon": 15}
LONGCONV_STEADY = {**LONGCONV_ARRAY, "steady_frames": 2, "steady_horizon": 40}


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


def randomise_array(network, seed):
    """As above; gains of norms stay near one, slopes near a quarter."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            noise = torch.rand(value.shape, generator=generator) * 2 - 1
            if name.endswith("log_decay"):  # windows of 5 to 30 frames
                value.copy_(-2.5 + 0.9 * noise)
            elif name.endswith("decay"):
                value.copy_(2 + 2 * noise)
            elif name.endswith(".2.weight"):
                value.copy_(0.25 + 0.1 * noise)
            elif name.endswith("gamma") or name.endswith("weight") and value.ndim == 1:
                value.copy_(1 + 0.2 * noise)
            elif name.endswith("beta") or value.ndim == 1:
                value.copy_(0.3 * noise)
            else:
                value.copy_(noise * (4 / value[0].numel()) ** 0.5)
    return network.eval()


def array_signal(microphones):
    """The voice from one side, noise of its own at each microphone."""
    rng = np.random.default_rng(8)
    voice = voiced_signal()
    return np.stack([np.roll(voice, m) * 0.9 ** m + 0.01 * rng.standard_normal(len(voice))
                     for m in range(microphones)]).astype(np.float32)


def expected(network, signal):
    """The offline result in double precision; a stream has to arrive at the same samples."""
    network = network.double()
    network.stft.analysis, network.stft.synthesis = network.stft.windows()
    with torch.no_grad():
        return network(torch.as_tensor(signal, dtype=torch.float64)[None])[0].numpy()


def voice_of(network, signal):
    """The probability of a voice, a sample a frame, of a network that `expected` has made double."""
    with torch.no_grad():
        return network.masks(network.stft(torch.as_tensor(signal, dtype=torch.float64)[None]))[1].sigmoid()[0].numpy()


def write_wav(path, signal):
    """Without libsndfile, whose float files hold the time of writing."""
    wavfile.write(path, RATE, signal.astype(np.float32))


def write_arrays(folder):
    """Three microphones through odd sizes: offline, causal, and causal with relative phases at the input."""
    signal = array_signal(ARRAY["microphones"])
    write_wav(folder / "deftan2_tiny_input.wav", signal.T)
    for name, config, seed in (("deftan2_tiny", ARRAY, 9), ("deftan2_tiny_causal", ARRAY_CAUSAL, 10),
                               ("deftan2_tiny_relative", {**ARRAY_CAUSAL, "input": "relative", "compression": 0.5}, 11)):
        network = randomise_array(Deftan2(config), seed)
        weights.write(folder / f"{name}.safetensors", weights.tensors_of(network.state_dict()), config,
                      {"name": name.replace("_", "-"), "summary": f"random weights for tests, seed {seed}", "licence": "MIT"})
        write_wav(folder / f"{name}_expected.wav", expected(network, signal))


def write_longconv(folder, signal):
    """Odd sizes, filters longer than the signal is at first and shorter than it is in the end."""
    for name, config, heard in (("longconv_tiny_array", LONGCONV_ARRAY, array_signal(ARRAY["microphones"])),
                                ("longconv_tiny_steady", LONGCONV_STEADY, array_signal(ARRAY["microphones"])),
                                ("longconv_tiny_fine", LONGCONV_FINE, signal), ("longconv_tiny", LONGCONV, signal)):
        network = randomise_array(LongConv(config), seed=11)
        weights.write(folder / f"{name}.safetensors", weights.tensors_of(network.state_dict()), config,
                      {"name": name.replace("_", "-"), "summary": "random weights for tests, seed 11", "licence": "MIT"})
        write_wav(folder / f"{name}_expected.wav", expected(network, heard))
    write_wav(folder / "longconv_tiny_voice.wav", voice_of(network, signal))


def write_shipped(folder, models, signal):
    """What the shipped networks make of the voice, and where they hear it; those of two microphones, of two; and those of four,
    of three and of a difference of two."""
    three = array_signal(ARRAY["microphones"])
    four = np.concatenate([three, three[1:2] - three[2:3]])
    for names, heard in ((("light", "base", "frcrn"), signal), (("array-light-2",), four[:2]),
                         (("array-light-4", "array-small-4"), four)):
        for name in names:
            network = weights.load_network(models / f"{name}.safetensors")
            write_wav(folder / f"{name}_expected.wav", expected(network, heard))
            if heard.ndim == 1:
                write_wav(folder / f"{name}_voice.wav", voice_of(network, heard))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "tests" / "data")
    parser.add_argument("--models", type=Path, default=ROOT / "assets", help="folder of the shipped ones")
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
    write_arrays(arguments.output)
    write_longconv(arguments.output, signal)
    write_shipped(arguments.output, arguments.models, signal)


if __name__ == "__main__":
    main()
