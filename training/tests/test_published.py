"""The definition with the published configuration computes what the published implementation computes."""
import importlib.util
import unittest
from pathlib import Path

import numpy as np
import torch
from scipy.io import wavfile

from limpid_train import weights
from limpid_train.config import load_config
from limpid_train.official import convert

FIXTURES = Path(__file__).parents[2] / "tests" / "fixtures"
CONFIG = load_config("frcrn-published")["network"]


def load_generator():
    """The module that writes the synthetic checkpoints of the fixtures."""
    spec = importlib.util.spec_from_file_location("make_checkpoint", FIXTURES / "make_checkpoint.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wav(name):
    samples = wavfile.read(FIXTURES / f"frcrn_portable_{name}.wav")[1]
    return samples.reshape(len(samples), -1)[:, 0].astype(np.float32)


def levelled(x):
    """The level normalisation in front of the published network, and the factor that undoes it."""
    first = 10 ** (-25 / 20) / (np.sqrt(np.mean(x ** 2)) + 1e-6)
    power = (x * first) ** 2
    second = 10 ** (-25 / 20) / (np.sqrt(np.mean(power[power > power.mean()])) + 1e-6)
    return x * first * second, 1 / (first * second + 1e-6)


def padded(x):
    """Zeros that the published pipeline appends to less than 28000 samples; they enter squeeze-excitation."""
    count = len(x)
    return np.pad(x, (0, (16000 if count <= 16000 else 28000) - count))


def whole_file(network, x):
    """The published offline path, without silence in front; the first hop is ill-conditioned and left out."""
    stft, (signal, scale) = network.stft, levelled(x)
    frames = torch.as_tensor(padded(signal))[None].unfold(-1, stft.window_length, stft.hop) * stft.analysis
    spectrum = torch.fft.rfft(frames).transpose(1, 2)
    with torch.no_grad():
        output = stft.inverse(network.estimate(spectrum)[0], frames.shape[1] * stft.hop)[0].numpy()
    return output * scale  # starts at sample `hop`


@unittest.skipUnless((FIXTURES / "make_checkpoint.py").exists(), "the fixtures are not in this checkout")
class Published(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tensors = convert(load_generator().build("frcrn", 1), CONFIG)

    def close(self, got, wanted):
        self.assertLess(np.max(np.abs(got - wanted)) / np.max(np.abs(wanted)), 1e-5)

    def test_whole_file(self):
        wanted = wav("short_expected")
        output = whole_file(weights.build(CONFIG, self.tensors), wav("short_input"))
        self.close(output[: len(wanted) - 320], wanted[320:])

    def test_stream_with_frozen_gates(self):
        kept = {name: value for name, value in self.tensors.items() if ".se_layer" not in name}
        kept["frozen_gains"] = weights.read(FIXTURES / "frcrn_portable_stream_gains.safetensors")[0]["gains"]
        network = weights.build({**CONFIG, "pooling": "frozen"}, kept)
        with torch.no_grad():
            output = network(torch.as_tensor(wav("stream_input"))[None])[0].numpy()
        self.close(output, wav("stream_padded_expected"))


if __name__ == "__main__":
    unittest.main()
