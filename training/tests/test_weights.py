"""A model file gives back what was written, in a quarter of the space where nothing is lost by it."""
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

from limpid_train import weights


class Files(unittest.TestCase):
    def write_and_read(self, tensors):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            weights.write(path, tensors, {"architecture": "none"}, {})
            back, metadata = weights.read(path)
            self.assertEqual(json.loads(metadata["config"]), {"architecture": "none"})
            for name, value in tensors.items():
                self.assertEqual(back[name].dtype, np.float32)
                np.testing.assert_array_equal(back[name], value)
            return path.stat().st_size

    def test_rounds_every_row_to_the_nearest_numbers_of_eight_bits(self):
        rng = np.random.default_rng(1)
        x = (rng.normal(size=(40, 7, 9)) * np.exp(rng.normal(size=(40, 1, 1)) * 5)).astype(np.float32)
        x[3] = 0
        peaks = np.abs(x).max((1, 2), keepdims=True)
        rounded = weights.eight_bits(x)
        self.assertLessEqual(np.max(np.abs(rounded - x) / np.where(peaks > 0, peaks, 1)), 0.5002 / 127)
        np.testing.assert_array_equal(rounded[3], 0)
        whole, scales = weights.bytes_and_scales(rounded)
        np.testing.assert_array_equal(np.abs(whole).max((1, 2)), [127 * (i != 3) for i in range(40)])
        np.testing.assert_array_equal(whole * scales[:, None, None], rounded)
        np.testing.assert_array_equal(weights.eight_bits(rounded), rounded)

    def test_large_tensors_of_eight_bits_take_a_quarter_of_the_space(self):
        rng = np.random.default_rng(2)
        plain = rng.normal(size=(181, 183)).astype(np.float32)                # an odd number of bytes
        matrix = weights.eight_bits(plain)
        small = weights.eight_bits(plain[:7, :9])
        size = self.write_and_read({"matrix": matrix, "plain": plain, "small": small, "filters": matrix[:180].reshape(180, 61, 3)})
        self.assertLess(abs(size - 4 * (plain.size + 181 + 180 + small.size) - (181 + 180) * 183), 900)

    def test_rounds_what_a_network_allows(self):
        class Network:
            full_precision = (".memory.",)

        matrix = np.random.default_rng(3).normal(size=(64, 64)).astype(np.float32)
        tensors = {"a.memory.weight": matrix, "a.weight": matrix, "a.bias": matrix[0]}
        rounded = weights.rounded(Network(), tensors)
        self.assertEqual([name for name in tensors if np.array_equal(rounded[name], tensors[name])], ["a.memory.weight", "a.bias"])
        np.testing.assert_array_equal(weights.rounded(object(), tensors)["a.weight"], matrix)

    def test_numbers_without_their_scales_are_no_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            weights.write(path, {"w": weights.eight_bits(np.ones((64, 64), np.float32))}, {}, {})
            path.write_bytes(path.read_bytes().replace(b"w_scale", b"w_stale"))
            with self.assertRaises(weights.FileError):
                weights.read(path)

    def test_a_write_that_fails_leaves_what_was_there(self):
        with tempfile.TemporaryDirectory() as folder:
            path, tensors = Path(folder) / "model.safetensors", {"a": np.ones(3, np.float32)}
            weights.write(path, tensors, {}, {})
            before = path.read_bytes()
            with mock.patch.object(weights.struct, "pack", side_effect=OSError("no space")), self.assertRaises(OSError):
                weights.write(path, tensors, {}, {})
            self.assertEqual(path.read_bytes(), before)

    def test_what_is_not_finite_is_refused(self):
        with self.assertRaises(ValueError):
            weights.write("/nowhere", {"a": np.array([np.nan], np.float32)}, {}, {})


if __name__ == "__main__":
    unittest.main()
