"""A model file gives back what was written, in half the space where nothing is lost by it."""
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch

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

    def test_rounds_to_the_nearest_bfloat16(self):
        x = np.concatenate([np.random.default_rng(1).normal(size=5000), [0, -0.0, 1e-39, 3.3e38, 1 + 2 ** -8, 1 + 3 * 2 ** -8]])
        x = x.astype(np.float32)
        np.testing.assert_array_equal(weights.bfloat16(x), torch.tensor(x).bfloat16().float().numpy())

    def test_large_matrices_of_bfloat16_numbers_take_half_the_space(self):
        rng = np.random.default_rng(2)
        matrix = weights.bfloat16(rng.normal(size=(181, 182)).astype(np.float32))  # an odd number of elements is kept aligned
        plain = rng.normal(size=(181, 182)).astype(np.float32)
        small = matrix[:7, :9]
        tensors = {"matrix": matrix, "plain": plain, "small": small, "odd": matrix[:181, :181], "vector": plain[0]}
        size = self.write_and_read(tensors)
        floats = 4 * (plain.size + small.size + 182)
        halves = 2 * matrix.size + (2 if 181 * 181 >= weights.LARGE else 4) * 181 * 181
        self.assertLess(abs(size - floats - halves), 800)

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
