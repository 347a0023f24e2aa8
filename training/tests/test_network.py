"""The network does what the definition says: causal, aligned, and the same in folded and in plain complex form."""
import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from limpid_train.config import check_shapes, load_config
from limpid_train.complexity import macs_per_second
from limpid_train.layers import ComplexConv, ComplexConvTranspose, Fsmn
from limpid_train.level_features import level_features
from limpid_train.network import Frcrn
from limpid_train.spectrum import Stft
from make_test_vectors import TINY, randomise


class Layers(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)

    def test_level_features_are_those_of_a_stream(self):
        power = torch.rand(1, 1, 9, 40, dtype=torch.float64)
        features = level_features(power, horizon=6)
        level, mean = torch.log(power[0, 0] + 1e-7), torch.zeros(9, dtype=torch.float64)
        for t in range(40):
            mean = mean + (level[:, t] - mean) / min(t + 1, 6)
            np.testing.assert_allclose(features[0, 0, :, t], (level[:, t] - mean.mean()) / 4)
            np.testing.assert_allclose(features[0, 1, :, t], (level[:, t] - mean) / 4)

    def test_convolution_is_the_complex_product(self):
        layer = ComplexConv(3, 4, (5, 2), pad=(1, 0))
        x = torch.randn(2, 6, 11, 7)
        padded = torch.nn.functional.pad(x, (1, 0))
        (xr, xi), a, b = padded.chunk(2, 1), layer.conv_re, layer.conv_im
        plain = [torch.nn.functional.conv2d(part, m.weight, m.bias, (2, 1)) for m in (a, b) for part in (xr, xi)]
        wanted = torch.cat([plain[0] - plain[3], plain[1] + plain[2]], 1)
        torch.testing.assert_close(layer(x), wanted, rtol=1e-4, atol=1e-5)

    def test_transposed_convolution_keeps_the_past(self):
        layer = ComplexConvTranspose(2, 3, (5, 2), lookahead=False)
        x = torch.randn(1, 4, 7, 6)
        y = layer(x)
        x[..., 3:] = 0
        torch.testing.assert_close(layer(x)[..., :3], y[..., :3])

    def test_memory_follows_the_published_formula(self):
        layer = Fsmn(3, 4, 1, axis=2)
        x = torch.randn(1, 6, 9, 5)
        wanted = {}
        for name in ("re", "im"):
            cell = getattr(layer, f"fsmn_{name}_L1")
            for part, value in zip("ri", x.chunk(2, 1)):
                p = cell.project(torch.relu(cell.linear(value.permute(0, 3, 2, 1)))).permute(0, 3, 2, 1)
                q = torch.nn.functional.conv2d(torch.nn.functional.pad(p, (0, 0, 3, 0)), cell.conv1.weight, groups=3)
                wanted[name, part] = value + p + q
        result = torch.cat([wanted["re", "r"] - wanted["im", "i"], wanted["re", "i"] + wanted["im", "r"]], 1)
        torch.testing.assert_close(layer(x), result, rtol=1e-4, atol=1e-5)


class Whole(unittest.TestCase):
    def test_transform_reconstructs_and_aligns(self):
        stft = Stft(TINY)
        for length in (160, 1601, 3200):
            x = torch.randn(2, length)
            torch.testing.assert_close(stft.inverse(stft(x), length), x, rtol=1e-4, atol=1e-5)

    def test_a_longer_analysis_window_is_inverted_at_the_same_delay(self):
        stft = Stft({**TINY, "analysis_window": 0.04})
        x = torch.randn(2, 1999)
        self.assertEqual(stft(x).shape, (2, 321, 14))
        torch.testing.assert_close(stft.inverse(stft(x), 1999), x, rtol=1e-4, atol=1e-5)
        impulse = torch.zeros(1, 1600)
        impulse[:, 850] = 1                                       # frame t ends before sample 160 (t + 1)
        heard = stft(impulse)[0].abs().sum(0) > 1e-3
        self.assertEqual(heard.nonzero().flatten().tolist(), [5, 6, 7, 8])

    def test_analysis_windows_that_cannot_be(self):
        for seconds in (0.01, 0.025, 0.03):
            with self.assertRaisesRegex(ValueError, "analysis window"):
                Stft({**TINY, "analysis_window": seconds})

    def test_causal_to_the_sample(self):
        network = randomise(Frcrn(TINY), seed=3)
        x = torch.randn(1, 6400) * 0.1
        with torch.no_grad():
            before = network(x)
            x[:, 3200:] = torch.randn(3200)
            after = network(x)
        # The frame that ends at sample 3360 is the first to see a change; it is heard from sample 3040 on.
        torch.testing.assert_close(before[:, :3040], after[:, :3040])
        self.assertGreater(float((before - after)[:, 3040:3360].abs().max()), 1e-4)

    def test_starts_as_a_pass_through(self):
        torch.manual_seed(0)
        network = Frcrn({**TINY, "pooling": "none"})
        network.start_open()
        with torch.no_grad():
            mask = network.eval().masks(network.stft(torch.randn(1, 8000) * 0.1))[0]
        self.assertGreater(float(mask.real.mean()), 0.3)
        self.assertLess(float(mask.real.mean()), 0.9)

    def test_published_size_and_cost(self):
        published = load_config("frcrn-published")["network"]
        self.assertAlmostEqual(macs_per_second(published) / 37.6e9, 1, delta=0.01)
        network = Frcrn(published)
        self.assertEqual(sum(p.numel() for p in network.parameters()), 12824276)

    def test_taps_filter_along_time(self):
        network = randomise(Frcrn({**TINY, "taps": 2, "voice": True}), seed=5)
        spectrum = torch.randn(1, 161, 6, dtype=torch.complex64)
        with torch.no_grad():
            output, masks, voice = network.estimate(spectrum)
        wanted = masks[:, 0] * spectrum
        wanted[..., 1:] += masks[:, 1, :, 1:] * spectrum[..., :-1]
        torch.testing.assert_close(output, wanted)
        self.assertGreater(float(masks[:, 1].abs().mean()), 1e-3)
        self.assertEqual(voice.shape, (1, 6))

    def test_a_folder_does_not_hide_a_configuration(self):
        self.addCleanup(os.chdir, os.getcwd())
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            Path("light").mkdir()
            self.assertEqual(load_config("light")["name"], "light")

    def test_wrong_kernels_are_refused(self):
        with self.assertRaises(ValueError):
            check_shapes({**TINY, "decoder_kernels": [2, 5, 5, 5, 5, 5]})

    def test_lists_of_other_lengths_are_refused(self):
        """A decoder too many would be trained without and refused by the library at the end."""
        for key in ("channels", "kernels", "decoder_kernels"):
            for values in (TINY[key][:-1], [*TINY[key], 5]):
                with self.assertRaisesRegex(ValueError, "differ in length"):
                    check_shapes({**TINY, key: values})


if __name__ == "__main__":
    unittest.main()
