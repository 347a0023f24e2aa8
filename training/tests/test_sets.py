"""A part of a set is like the whole set."""
import tempfile
import unittest
from collections import Counter
from pathlib import Path

import numpy as np
import soundfile

from limpid_train.sets import items_of, snrs
from tests.signals import RATE

SNRS = (-5, 0, 5, 10, 15)


class Parts(unittest.TestCase):
    def test_every_nth_file_has_every_snr_as_often(self):
        with tempfile.TemporaryDirectory() as folder:
            mix = Path(folder) / "eval" / "mix"
            (mix / "noisy").mkdir(parents=True)
            rows = ["id,snr_db"]
            for i in range(40):
                soundfile.write(mix / "noisy" / f"mix{i:02d}.wav", np.zeros(10), RATE)
                rows.append(f"mix{i:02d},{SNRS[(i + i // 5) % 5]}")  # in turn, as in rounds of which each begins one later
            (mix / "mix.csv").write_text("\n".join(rows), encoding="utf-8")
            snr, names = snrs(mix), [item.name for item in items_of(folder, "mix", folder, 4)]
            self.assertEqual(Counter(snr[name] for name in names), dict.fromkeys(SNRS, 2))
            self.assertEqual(names, sorted(names))
            self.assertEqual(len(items_of(folder, "mix", folder)), 40)


if __name__ == "__main__":
    unittest.main()
