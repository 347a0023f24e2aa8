"""A corpus as Opus: as long as it was, close to what it was, a fraction of its size."""
import csv
import inspect
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import soundfile

from limpid_train import compress
from limpid_train.corpus import Corpus, read_manifest
from tests.test_collect import said


@unittest.skipUnless("compression_level" in inspect.signature(soundfile.write).parameters, "soundfile is older than 0.13")
class Compressed(unittest.TestCase):
    def test_files_keep_length_and_sound_and_responses_every_sample(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            response = np.eye(1, 4000, 8)[0].astype(np.float32)
            audio = {"s/a.flac": ("speech", said(1, 30.0)), "n/b.wav": ("noise", said(2, 20.0)), "r.flac": ("rir", response)}
            for path, (_, samples) in audio.items():
                (folder / "all" / path).parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(folder / "all" / path, samples, 16000)
            with open(folder / "all" / "manifest.csv", "w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([["path", "kind", "source", "speaker", "split"],
                                            *([path, kind, "a, b", "x", "train"] for path, (kind, _) in audio.items())])
            with mock.patch("sys.argv", ["compress", str(folder / "all"), str(folder / "small"), "--kbit", "24"]):
                compress.main()
            rows = read_manifest(folder / "small")
            self.assertEqual([(row["path"], row["source"]) for row in rows], [("s/a.opus", "a, b"), ("n/b.opus", "a, b"), ("r.flac", "a, b")])
            small, large = ((folder / part).stat().st_size for part in ("small/s/a.opus", "all/s/a.flac"))
            self.assertLess(small, large / 3)
            self.assertLess(abs(small * 8 / 30 / 24000 - 1), 0.5)
            corpus = Corpus(folder / "small", folder / "cache", "train")
            for kind, samples in (("speech", said(1, 30.0)), ("noise", said(2, 20.0))):
                item = corpus.items[kind][0]
                self.assertEqual(item["length"], len(samples))
                got = corpus.read(kind, item, 0, item["length"])
                self.assertGreater(np.corrcoef(got, samples)[0, 1], 0.7)
            np.testing.assert_array_equal(soundfile.read(folder / "small" / "r.flac")[0], soundfile.read(folder / "all" / "r.flac")[0])


if __name__ == "__main__":
    unittest.main()
