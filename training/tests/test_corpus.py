"""Packing keeps what files hold, puts responses where mixing expects them, and names what it cannot use."""
import json
import multiprocessing
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import soundfile

from limpid_train import augment, corpus as packing
from limpid_train.atomic import alone_in
from limpid_train.corpus import Corpus
from tests.test_data import small_cache

HEADING = "path,kind,source,speaker,language,seconds,licence,split"


def two_corpora(folder):
    """Corpora `a` and `b` of one file each; returns what the files hold."""
    tones = {name: np.float32(0.1 + 0.2 * i) * np.ones(1600 * (i + 1), np.float32) for i, name in enumerate("ab")}
    for name, tone in tones.items():
        place = folder / name
        place.mkdir()
        soundfile.write(place / "x.flac", tone, 16000, subtype="PCM_16")
        rows = [f"x.flac,{kind},{name},s,,0.1,CC0,train" for kind in ("speech", "noise", "rir")]
        (place / "manifest.csv").write_text("\n".join([HEADING, *rows]))
    return tones


def corpus_of(folder, files):
    """A corpus of files {path: (kind, samples)}."""
    for path, (_, audio) in files.items():
        soundfile.write(folder / path, audio, 16000, subtype="FLOAT")
    rows = [f"{path},{kind},a,s,,1,CC0,train" for path, (kind, _) in files.items()]
    (folder / "manifest.csv").write_text("\n".join([HEADING, *rows]))


def response(start):
    """A room's, with weak noise in front of the direct sound at `start`, and a reflection as loud 20 ms later."""
    rng = np.random.default_rng(start)
    tail = np.exp(-np.arange(4000) / 600) * 0.1 * rng.standard_normal(4000)
    tail[0], tail[320] = 0.8, -1
    return np.concatenate([0.01 * rng.standard_normal(start), tail]).astype(np.float32)


class Packing(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        sound = 0.1 * np.random.default_rng(1).standard_normal(1600)
        self.files = {"v.wav": ("speech", sound), "n.wav": ("noise", sound), "r.wav": ("rir", response(8))}

    def packed(self, **files):
        corpus_of(self.folder, {**self.files, **files})
        return Corpus(self.folder, self.folder / "cache", "train")

    def test_direct_sounds_come_where_mixing_expects_them(self):
        starts = {f"r{start}": start for start in (3, 8, 9, 500, 3000)}
        corpus = self.packed(**{f"{name}.wav": ("rir", response(start)) for name, start in starts.items()})
        speech = np.random.default_rng(2).standard_normal(8000).astype(np.float32)
        for item in corpus.items["rir"]:
            start = starts.get(Path(item["path"]).stem, 8)
            kept = corpus.read("rir", item, 0, item["length"])
            np.testing.assert_array_equal(kept, response(start)[max(0, start - augment.DIRECT):], item["path"])
            wet, early = augment.reverberate(speech, speech, kept)
            late = augment.DIRECT - min(start, augment.DIRECT)      # of a response with less in front
            heard = early[: -late or None] @ speech[late:] / (speech @ speech)
            self.assertAlmostEqual(heard, 0.8, delta=0.1, msg=item["path"])

    def test_targets_are_of_the_speech_that_is_packed(self):
        self.packed()
        (self.folder / "cache" / "index.json").unlink()
        corpus = self.packed(**{"w.wav": ("speech", 0.1 * np.random.default_rng(2).standard_normal(800))})
        self.assertEqual(len(corpus.arrays["quiet"]), len(corpus.arrays["speech"]))

    def test_a_run_waits_for_another_that_packs(self):
        corpus_of(self.folder, self.files)
        cache, context = self.folder / "cache", multiprocessing.get_context("fork")
        begun = context.Event()

        def second_run():
            begun.set()
            with mock.patch.object(packing, "pack", side_effect=AssertionError("packs as well")):
                self.assertEqual(len(Corpus(self.folder, cache, "train").items["speech"]), 1)

        with alone_in(cache):
            other = context.Process(target=second_run)
            other.start()
            begun.wait()
            packing.pack(self.folder, cache)
        other.join()
        self.assertEqual(other.exitcode, 0)

    def test_what_cannot_be_used_is_named(self):
        sound = np.ones(100)
        sound[7] = np.nan
        for kind in ("speech", "noise", "rir"):
            for audio, words in ((np.zeros(0), "no samples"), (sound, "not finite")):
                with self.assertRaisesRegex(ValueError, rf"bad\.wav: {words}"):
                    self.packed(**{"bad.wav": (kind, audio)})

    def test_reading_wraps_at_the_end(self):
        with tempfile.TemporaryDirectory() as folder:
            small_cache(folder)
            corpus = Corpus(folder, folder, "train")
            item = corpus.items["noise"][0]
            piece = corpus.read("noise", item, 39990, 100)
            np.testing.assert_array_equal(piece[10:], corpus.read("noise", item, 0, 90))

    def test_a_corpus_without_rooms_is_refused_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            small_cache(folder)
            index = json.loads((Path(folder) / "index.json").read_text())
            index["rir"] = []
            (Path(folder) / "index.json").write_text(json.dumps(index))
            with self.assertRaisesRegex(ValueError, "of the kind: rir"):
                Corpus(folder, folder, "train")

    def test_several_corpora_become_one(self):
        with tempfile.TemporaryDirectory() as folder:
            tones = two_corpora(Path(folder))
            corpus = Corpus([Path(folder) / name for name in tones], Path(folder) / "cache", "train")
            for kind in ("speech", "noise"):
                for item in corpus.items[kind]:
                    expected = tones[item["source"]]
                    np.testing.assert_allclose(corpus.read(kind, item, 0, len(expected)), expected, atol=1e-4)
                self.assertEqual([item["length"] for item in corpus.items[kind]], [1600, 3200])

    def test_a_cache_of_other_corpora_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            folder, cache = Path(folder), Path(folder) / "cache"
            two_corpora(folder)
            Corpus([folder / "a", folder / "b"], cache, "train")
            (folder / "b").rename(folder / "moved")
            Corpus([folder / "a", folder / "moved"], cache, "train")
            for other in ([folder / "a"], [folder / "moved", folder / "a"]):
                with self.assertRaisesRegex(ValueError, r"cache: packed from \S*/a .*/b .*, where .*/a .*another --cache"):
                    Corpus(other, cache, "train")
            with open(folder / "a" / "manifest.csv", "a", encoding="utf-8") as file:
                file.write("\nx.flac,noise,c,s,,0.1,CC0,train")
            with self.assertRaisesRegex(ValueError, "another --cache"):
                Corpus([folder / "a", folder / "moved"], cache, "train")


if __name__ == "__main__":
    unittest.main()
