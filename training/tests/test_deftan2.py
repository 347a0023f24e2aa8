"""DeFTAN-II: the published network computes what the published code computes; the causal one never looks ahead."""
import copy
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from scipy.io import wavfile

from limpid_train import official_deftan2, weights
from limpid_train.complexity import macs_per_second
from limpid_train.config import load_config
from limpid_train.convert import read_checkpoint
from limpid_train.deftan2 import Deftan2
from limpid_train.deftan2_layers import K_LIMIT, EfficientAttention
from limpid_train.official import CheckpointError, state_of
from make_test_vectors import ARRAY, ARRAY_CAUSAL, array_signal, randomise_array
from tests.test_published import FIXTURES, load_generator

PUBLISHED = load_config("deftan2-published")["network"]


def converted(state):
    config = official_deftan2.configuration(state, PUBLISHED)
    return weights.build(config, official_deftan2.convert(state, config))


@unittest.skipUnless((FIXTURES / "make_checkpoint.py").exists(), "the fixtures are not in this checkout")
class Published(unittest.TestCase):
    def test_one_and_four_microphones(self):
        for microphones in (1, 4):
            network = converted(load_generator().build("deftan2", 1, microphones, 2))
            self.assertEqual(network.config, {**PUBLISHED, "microphones": microphones, "layers": 2})
            name = str(FIXTURES / f"deftan2_portable_m{microphones}_l2")
            samples, wanted = (wavfile.read(f"{name}_{kind}.wav")[1] for kind in ("input", "expected"))
            with torch.no_grad():
                got = network(torch.tensor(samples.reshape(len(samples), -1).T.copy())[None])[0].numpy()
            self.assertLess(np.max(np.abs(got - wanted)) / np.max(np.abs(wanted)), 1e-5, name)


class Definition(unittest.TestCase):
    def test_published_size_and_cost(self):
        network = Deftan2(PUBLISHED)
        self.assertEqual(sum(p.numel() for p in network.parameters()), 3997988)
        self.assertEqual(len(network.state_dict()), 586)
        self.assertAlmostEqual(macs_per_second(PUBLISHED) / 70.387e9, 1, delta=0.01)  # as counted for four seconds

    def test_silence_stays_silence_and_level_follows(self):
        network = randomise_array(Deftan2(ARRAY), 1)
        signal = torch.as_tensor(array_signal(3))[None, :, :8000]
        with torch.no_grad():
            self.assertEqual(float(network(torch.zeros(1, 3, 4000)).abs().max()), 0)
            torch.testing.assert_close(network(8 * signal), 8 * network(signal), rtol=1e-4, atol=1e-6)


class Causal(unittest.TestCase):
    def test_causal_to_the_sample(self):
        network = randomise_array(Deftan2(ARRAY_CAUSAL), 3)
        x = torch.as_tensor(array_signal(3))[None, :, :6400]
        with torch.no_grad():
            before = network(x)
            x[..., 3072:] = torch.randn(x[..., 3072:].shape)
            after = network(x)
        # The frame that ends at sample 3328 is the first to see a change; it is heard from sample 2816 on.
        torch.testing.assert_close(before[:, :2816], after[:, :2816])
        self.assertGreater(float((before - after)[:, 2816:3328].abs().max()), 1e-4)

    def test_attention_is_the_recurrence(self):
        torch.manual_seed(0)
        layer = EfficientAttention(ARRAY_CAUSAL, past=True)
        q, v = torch.rand(2, 2, 40, 5), torch.randn(2, 2, 40, 5)
        k = 8 * torch.randn(2, 2, 40, 5)
        decay = torch.sigmoid(layer.decay)[:, None, None]
        state, total, wanted = torch.zeros(2, 2, 5, 5), torch.zeros(2, 2, 5, 1), []
        for t in range(40):
            e = torch.exp(k[..., t, :].clamp(-K_LIMIT, K_LIMIT))[..., None]
            state, total = decay * state + e * v[..., t, None, :], decay * total + e
            wanted.append((q[..., t, None, :] @ (state / total))[..., 0, :])
        torch.testing.assert_close(layer._running(q, k, v), torch.stack(wanted, -2), rtol=1e-3, atol=1e-4)

    def test_relative_input_turns_with_a_common_phase_and_sees_no_other(self):
        network = randomise_array(Deftan2({**ARRAY_CAUSAL, "input": "relative", "compression": 0.5}), 3)
        x = network.stft(torch.as_tensor(array_signal(3))[None, :, :6400])
        turn = torch.polar(torch.ones(x.shape[2:]), torch.rand(x.shape[2:]) * 6)
        with torch.no_grad():
            torch.testing.assert_close(network.estimate(x * turn)[0], network.estimate(x)[0] * turn, rtol=1e-3, atol=1e-5)
            seen = network._seen(x)
        torch.testing.assert_close(seen.abs(), x.abs().sqrt(), rtol=1e-2, atol=1e-3)
        torch.testing.assert_close(seen[:, 0].imag, torch.zeros(seen[:, 0].shape), rtol=0, atol=1e-5)

    def test_every_tensor_learns(self):
        for output in ("filter", "mapping"):
            network = Deftan2({**ARRAY_CAUSAL, "output": output}).train()
            network.start_open()
            x = torch.as_tensor(array_signal(3))[None, :, :6400].repeat(2, 1, 1)
            (network(x) - x[:, 1]).abs().mean().backward()
            for name, p in network.named_parameters():
                self.assertTrue(torch.isfinite(p.grad).all() and p.grad.abs().max() > 0, name)

    def test_a_filter_starts_near_the_first_microphone(self):
        torch.manual_seed(0)
        network = Deftan2(ARRAY_CAUSAL).eval()
        network.start_open()
        x = torch.as_tensor(array_signal(3))[None]
        with torch.no_grad():
            self.assertLess(float((network(x) - x[:, 0]).square().mean() / x[:, 0].square().mean()), 0.1)


class Converter(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = randomise_array(Deftan2({**ARRAY, "head_width": 6}), 5)
        cls.state = state_of(cls.network.state_dict())

    def test_sizes_come_from_the_tensors(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "c.pt"
            torch.save({"state_dict": {f"module.{k}": v for k, v in self.network.state_dict().items()}}, path)
            state = state_of(read_checkpoint(path))
        again, signal = converted(state), torch.as_tensor(array_signal(3))[None]
        self.assertEqual(again.config, self.network.config)
        with torch.no_grad():
            torch.testing.assert_close(again(signal), self.network(signal))

    def test_names_what_is_wrong(self):
        def refused(words, name, value):
            state = copy.copy(self.state)
            state.pop(name, None)
            if value is not None:
                state[name] = value
            with self.assertRaisesRegex(CheckpointError, words):
                converted(state)
        refused("blocks.1.T_att.norm.bias: missing", "blocks.1.T_att.norm.bias", None)
        refused("up_conv.1.bias: shape", "up_conv.1.bias", np.zeros(3))
        refused("blocks.0.F_linear.weight: shape", "blocks.0.F_linear.weight", np.zeros((12, 12)))
        refused("extra: unexpected", "extra", np.zeros(1))
        refused("one source", "down_conv.0.weight", np.zeros((8, 12, 3, 3)))


if __name__ == "__main__":
    unittest.main()
