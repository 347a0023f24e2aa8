"""What a network with a longer analysis window begins as."""
import unittest

import numpy as np
import torch

from limpid_train import weights
from limpid_train.config import check_shapes
from limpid_train.longconv import LongConv
from limpid_train.longer_window import finer, with_longer_window
from make_test_vectors import LONGCONV, LONGCONV_ARRAY, randomise_array, voiced_signal
from tests.signals import white


class LongerWindow(unittest.TestCase):
    def test_refuses_what_does_not_divide(self):
        for config, seconds in ((LONGCONV, 0.02), (LONGCONV, 0.03), (LONGCONV, 0.01), (LONGCONV_ARRAY, 0.04)):
            with self.assertRaises(ValueError):
                finer(config, seconds)

    def test_begins_near_the_network_that_it_was(self):
        before = randomise_array(LongConv(LONGCONV), seed=4)
        tensors = weights.tensors_of(before.state_dict())
        voice = voiced_signal()
        heard = torch.as_tensor(np.stack([voice, np.roll(voice, 3000) + white(len(voice), 0.05).astype(np.float32)]))
        made, config = with_longer_window(tensors, LONGCONV, 0.04, heard)
        check_shapes(config)
        self.assertEqual(config["bands"], [6, 10, 18, 40, 102, 145])
        after = weights.build(config, made)
        # Both new bins have the masks of the old one: tap 0, first bins of the second band, real parts.
        old, new = tensors["masks_of.1.weight"], made["masks_of.1.weight"]
        for bin in range(10):
            np.testing.assert_array_equal(new[bin], old[bin // 2])
        self.assertEqual(made["masks_of.5.bias"].shape, (2 * LONGCONV["taps"] * 145,))
        with torch.no_grad():
            wanted, found = before(heard), after(heard)
            for name in made:
                if name.startswith("split."):
                    made[name] = np.zeros_like(made[name])
            unheard = weights.build(config, made)(heard)
        error = [float(((x - wanted) ** 2).sum() / (wanted ** 2).sum()) for x in (found, unheard)]
        self.assertLess(error[0], 0.5 * error[1])


if __name__ == "__main__":
    unittest.main()
