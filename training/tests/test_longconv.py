"""LongConv is causal, remembers for as long as its filters reach and no longer, and its hand-written gradients are right."""
import unittest

import torch

from limpid_train.complexity import macs_per_second
from limpid_train.config import check_shapes, load_config
from limpid_train.gated_conv import MATRIX_FRAMES, ShortConv, gated_conv
from limpid_train.long_conv import long_conv
from limpid_train.longconv import ImplicitFilters, LongConv, between_microphones
from make_test_vectors import LONGCONV, LONGCONV_ARRAY, randomise_array


class Steps(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)

    def test_gated_convolution_is_the_definition(self):
        for frames in (1, 9, MATRIX_FRAMES, MATRIX_FRAMES + 1):
            p, h = torch.randn(3, 4, frames, 6), torch.randn(4, 5)
            q, k, v = (part.permute(2, 0, 1) for part in p)
            wanted = long_conv(v, h, before=k, after=q).permute(1, 2, 0)
            torch.testing.assert_close(gated_conv(p, h), wanted)

    def test_gradients(self):
        for taps in (1, 4, 11):  # also of taps that no frame is old enough for
            p = torch.randn(3, 2, 7, 5, dtype=torch.double, requires_grad=True)
            h = torch.randn(2, taps, dtype=torch.double, requires_grad=True)
            self.assertTrue(torch.autograd.gradcheck(gated_conv, (p, h)))
            x = torch.randn(7, 2, 3, 4, dtype=torch.double, requires_grad=True)
            w = torch.randn(min(taps, 3), 4, dtype=torch.double, requires_grad=True)
            self.assertTrue(torch.autograd.gradcheck(ShortConv.apply, (x, w)))

    def test_filters_decay_and_do_not_grow_with_their_length(self):
        filters = ImplicitFilters(6, 200, 16)().detach()
        self.assertEqual(filters.shape, (6, 200))
        torch.testing.assert_close(filters[:, 100:].abs().sum(1) < filters[:, :100].abs().sum(1), torch.ones(6).bool())
        self.assertLess(float(filters.abs().sum(1).max()), 2)


class Whole(unittest.TestCase):
    def test_causal_to_the_sample_and_forgets(self):
        network = randomise_array(LongConv({**LONGCONV, "level_horizon": 1}), seed=3)  # levels that do not remember
        reach = LONGCONV["blocks"] * (LONGCONV["long_taps"] - 1 + LONGCONV["short_taps"] - 1) + LONGCONV["taps"]
        x = torch.randn(1, 160 * (reach + 60)) * 0.1
        with torch.no_grad():
            before = network(x)
            x[:, 3200:3360] = torch.randn(160)
            after = network(x)
        # The frame that ends at sample 3360 is the first to see a change; it is heard from sample 3040 on.
        torch.testing.assert_close(before[:, :3040], after[:, :3040])
        changed = (before - after).abs()[0]
        self.assertGreater(float(changed[3040:3360].max()), 1e-4)
        self.assertGreater(float(changed[160 * 60:160 * 90].max()), 1e-5)
        torch.testing.assert_close(before[:, 160 * (reach + 24):], after[:, 160 * (reach + 24):])

    def test_an_array_hears_every_microphone(self):
        array = randomise_array(LongConv(LONGCONV_ARRAY), seed=6)
        x = torch.randn(2, LONGCONV_ARRAY["microphones"], 1600) * 0.1
        with torch.no_grad():
            before = array(x)
            for microphone in range(x.shape[1]):
                other = x.clone()
                other[:, microphone] = x[:, microphone].roll(40)
                self.assertGreater(float((array(other) - before).abs().max()), 1e-3)

    def test_coherence_of_one_source_and_of_none(self):
        stft, noise = LongConv(LONGCONV).stft, torch.randn(2, 1, 64000)
        alike = torch.cat([noise, 0.5 * noise], 1)                             # the same at another level
        apart = torch.cat([noise, torch.randn(2, 1, 64000)], 1)
        of = [between_microphones(stft(x), 50)[60:-2, :, 0, 1:-1] for x in (alike, apart)]
        torch.testing.assert_close(of[0][..., 0::2], torch.ones_like(of[0][..., 0::2]), atol=1e-3, rtol=0)
        self.assertLess(float(torch.view_as_complex(of[1][..., 2:].contiguous()).abs().mean()), 0.2)

    def test_starts_as_a_pass_through(self):
        torch.manual_seed(0)
        network = LongConv(LONGCONV)
        network.start_open()
        with torch.no_grad():
            mask = network.eval().masks(network.stft(torch.randn(1, 8000) * 0.1))[0]
        self.assertGreater(float(mask[:, 0].real.mean()), 0.3)
        self.assertLess(float(mask[:, 1:].abs().mean()), 0.4)

    def test_size_and_cost(self):
        config = load_config("light")["network"]
        self.assertLess(macs_per_second(config), 0.7e9)
        self.assertLess(sum(p.numel() for p in LongConv(config).parameters()), 1.7e6)

    def test_bands_that_miss_bins_are_refused(self):
        with self.assertRaises(ValueError):
            check_shapes({**LONGCONV, "bands": LONGCONV["bands"][1:]})


if __name__ == "__main__":
    unittest.main()
