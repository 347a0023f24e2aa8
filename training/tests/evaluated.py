"""A small corpus of evaluation sets, and evaluate.py run on it."""
import io
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import soundfile

from limpid_train import evaluate
from limpid_train.sets import ALL, items_of
from tests.signals import RATE, white, words


def small_corpus(folder):
    """Every set of eval/ with two files, and one valid noise."""
    for name, rate in (("vb60", RATE), ("mix", RATE), ("fullband", 3 * RATE)):
        for kind in ("noisy", "clean"):
            (folder / "eval" / name / kind).mkdir(parents=True)
        for i in range(2):
            clean = words(rate, 3, seed=i)
            for kind, audio in (("clean", clean), ("noisy", clean + white(len(clean), seed=9 + i))):
                soundfile.write(folder / "eval" / name / kind / f"{name}_{i}.flac", audio, rate)
    (folder / "eval" / "real").mkdir()
    soundfile.write(folder / "eval" / "real" / "street.flac", words() + white(4 * RATE), RATE)
    soundfile.write(folder / "hum.wav", white(6 * RATE), RATE)
    (folder / "manifest.csv").write_text("path,kind,split\nhum.wav,noise,valid\n", encoding="utf-8")


def outputs(corpus, folder, gain):
    """A system that knows nothing but a gain."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in ALL:
            (folder / name).mkdir(parents=True)
            for item in items_of(corpus, name, scratch):
                audio, rate = soundfile.read(item.noisy)
                soundfile.write(folder / name / f"{item.name}.wav", gain * audio, rate, subtype="FLOAT")


class Evaluated(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """A corpus and a system's outputs, which no test changes."""
        cls.shared = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.shared.cleanup)
        cls.corpus, cls.half = Path(cls.shared.name) / "corpus", Path(cls.shared.name) / "half"
        cls.corpus.mkdir()
        small_corpus(cls.corpus)
        outputs(cls.corpus, cls.half, 0.5)

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def run_main(self, *arguments):
        text = io.StringIO()
        with redirect_stdout(text), redirect_stderr(io.StringIO()):
            evaluate.main(["--corpus", str(self.corpus), *map(str, arguments)])
        return text.getvalue()
