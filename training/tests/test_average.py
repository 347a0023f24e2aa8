"""The average of two model files."""
import unittest

import numpy as np

from limpid_train.average import average


class Average(unittest.TestCase):
    def test_lies_between(self):
        before = {"a": np.zeros((2, 3), np.float32), "b": np.full(4, 2, np.float32)}
        after = {"a": np.ones((2, 3), np.float32), "b": np.full(4, 6, np.float32)}
        mean = average(before, after, 0.75)
        np.testing.assert_allclose(mean["a"], 0.75)
        np.testing.assert_allclose(mean["b"], 5)

    def test_of_one_network_only(self):
        a = {"a": np.zeros(3, np.float32)}
        for other in ({"a": np.zeros(4, np.float32)}, {"b": np.zeros(3, np.float32)}):
            with self.assertRaisesRegex(ValueError, "different networks"):
                average(a, other, 0.5)


if __name__ == "__main__":
    unittest.main()
