"""The curve's area is the chance that it is defined as."""
import unittest

import numpy as np

from limpid_train.voice_scores import area_under_curve, scores


class Curve(unittest.TestCase):
    def test_area_counts_pairs(self):
        rng = np.random.default_rng(1)
        for levels in (4, 1000):  # with many ties, and with few
            voice, speech = rng.integers(levels, size=90) / levels, rng.random(90) < 0.6
            difference = voice[speech][:, None] - voice[~speech][None]
            wanted = np.mean((difference > 0) + 0.5 * (difference == 0))
            self.assertAlmostEqual(area_under_curve(voice, speech), wanted)

    def test_scores_at_a_threshold(self):
        row = scores(np.array([0.9, 0.4, 0.6, 0.1]), np.array([True, True, False, False]))
        self.assertEqual((row["found"], row["false_alarms"], row["area_under_curve"]), (0.5, 0.5, 0.75))


if __name__ == "__main__":
    unittest.main()
