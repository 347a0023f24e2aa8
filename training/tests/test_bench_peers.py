"""What bench/peers.py times of a network is what the network computes between its transforms."""
import importlib.util
import sys
import unittest
from pathlib import Path
from unittest import mock

import torch

from limpid_train.weights import NETWORKS
from make_test_vectors import ARRAY_CAUSAL, LONGCONV, LONGCONV_ARRAY, TINY, randomise, randomise_array

BENCH = Path(__file__).parents[2] / "bench"


def peers():
    spec = importlib.util.spec_from_file_location("peers", BENCH / "peers.py")
    module = importlib.util.module_from_spec(spec)
    with mock.patch.object(sys, "path", [str(BENCH), *sys.path]):
        spec.loader.exec_module(module)
    return module


@unittest.skipUnless((BENCH / "peers.py").exists(), "the benchmarks are not in this checkout")
class BetweenTransforms(unittest.TestCase):
    def of(self, config):
        fill = randomise if config["architecture"] == "frcrn" else randomise_array
        network = fill(NETWORKS[config["architecture"]](config), 3)
        module, x = peers().between_transforms(network, 0.5)
        with torch.no_grad():
            return network, x, module(x)

    def test_masks_of_one_microphone(self):
        for config in (TINY, LONGCONV):
            network, x, planes = self.of(config)
            with torch.no_grad():
                masks = network.masks(torch.complex(x[:, 0], x[:, 1]))[0]
            torch.testing.assert_close(torch.complex(*planes.chunk(2, 1)), masks)

    def test_masks_of_an_array(self):
        network, x, masks = self.of(LONGCONV_ARRAY)
        self.assertEqual(masks.shape[1], LONGCONV_ARRAY["taps"] + LONGCONV_ARRAY["microphones"] - 1)
        with torch.no_grad():
            torch.testing.assert_close(masks, network.masks(torch.complex(x[:, 0], x[:, 1]))[0])

    def test_planes_of_an_array(self):
        _, x, planes = self.of(ARRAY_CAUSAL)
        self.assertEqual(planes.shape[1:], x.shape[1:])


if __name__ == "__main__":
    unittest.main()
