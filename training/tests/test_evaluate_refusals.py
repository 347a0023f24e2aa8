"""Evaluation compares the files and systems that are meant, and says what is wrong before it scores anything."""
import io
import unittest
from contextlib import redirect_stderr
from pathlib import Path
from unittest import mock

import numpy as np
import soundfile

from limpid_train import evaluate
from limpid_train.sets import items_of
from limpid_train.tables import read_csv
from tests.evaluated import Evaluated, small_corpus
from tests.signals import RATE, white, words


class Names(Evaluated):
    """Of files and of systems."""

    def corpus_with(self, folder, *paths):
        """A copy of the corpus, with files of sound at these paths in addition."""
        own = self.folder / folder
        own.mkdir()
        small_corpus(own)
        for seed, path in enumerate(paths):
            (own / path).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(own / path, words(seed=seed), RATE)
        return own

    def test_noises_of_one_name_are_told_apart_by_their_folders(self):
        corpus = self.corpus_with("noises", "a/01.wav", "b/01.wav", "b/02.wav")
        rows = [f"{path},noise,valid" for path in ("a/01.wav", "hum.wav", "b/01.wav", "b/02.wav")]
        (corpus / "manifest.csv").write_text("\n".join(["path,kind,split", *rows]))
        items = items_of(corpus, "noise-only", self.folder / "scratch")
        self.assertEqual([item.name for item in items], ["a_01", "hum", "b_01", "02"])
        for item, path in zip(items, ("a/01.wav", "hum.wav", "b/01.wav", "b/02.wav")):
            made, found = (soundfile.read(x)[0] for x in (item.noisy, corpus / path))
            np.testing.assert_allclose(made[: len(found)], found[: len(made)], atol=1e-4)

    def test_files_of_one_name_are_refused(self):
        corpus = self.corpus_with("clean", "eval/vb60/clean/same.flac", "eval/mix/clean/same.wav")
        with self.assertRaisesRegex(ValueError, "clean-in: .*vb60/clean/same.flac and .*mix/clean/same.wav have the same name"):
            items_of(corpus, "clean-in", self.folder / "scratch")

    def test_systems_of_one_name_are_refused(self):
        for names, compared in (((), "limpid=x"), (("--name", "a"), "a=x"), (("--name", "noisy"), "a=x"), ((), "noisy=x")):
            self.refused("two rows would be called", *names, "--enhanced", self.half, "--compare", compared)
        self.refused("called b", "--enhanced", self.half, "--compare", "b=x", "b=y")

    def test_what_would_be_ignored_is_refused(self):
        for option in ("--model", "--outputs"):
            self.refused("--enhanced is finished", "--enhanced", self.half, option, "x")

    def test_a_file_without_samples_is_named(self):
        corpus = self.corpus_with("silent")
        soundfile.write(corpus / "eval" / "real" / "none.wav", np.zeros(0), RATE)
        with self.assertRaisesRegex(ValueError, "none.wav: no samples"):
            evaluate.rows_of("real", items_of(corpus, "real", self.folder / "scratch"), [corpus / "eval" / "real" / "none.wav"])

    def refused(self, words, *arguments):
        """What the command line says at once."""
        said = io.StringIO()
        with redirect_stderr(said), self.assertRaises(SystemExit), mock.patch.object(evaluate, "items_of") as scored:
            evaluate.main(["--corpus", str(self.corpus), *map(str, arguments)])
        self.assertIn(words, said.getvalue())
        scored.assert_not_called()

    def test_scores_are_those_of_the_chosen_files(self):
        half = self.folder / "half"
        (half / "vb60").mkdir(parents=True)
        for seed, path in enumerate(sorted((self.half / "vb60").iterdir())):
            audio = soundfile.read(path)[0]
            soundfile.write(half / "vb60" / path.name, audio + (white(len(audio), 0.2) if seed else 0), RATE, subtype="FLOAT")
        sets = ("--enhanced", half, "--sets", "vb60")
        self.run_main(*sets, "--csv", self.folder / "s.csv")
        text = self.run_main(*sets, "--every", 2, "--compare", f"same={self.folder / 's.csv'}")
        one, other = (next(line for line in text.splitlines() if line.startswith(f"| {name} |")) for name in ("limpid", "same"))
        self.assertEqual(one.split("|")[2:], other.split("|")[2:])

    def test_shipped_scores_name_their_files_alike(self):
        scores = Path(evaluate.__file__).parents[1] / "scores"
        names = {path.stem: {row["file"] for row in read_csv(path)["vb60"]} for path in map(scores.joinpath, (
            "light.csv", "base.csv", "frcrn.csv", "frcrn-causal.csv"))}
        self.assertEqual(len(names["light"]), 60)
        for name, files in names.items():
            self.assertEqual(files, names["light"], name)

    def test_outputs_that_could_not_be_written_are_told_first(self):
        (self.folder / "page.md").write_text("no marks")
        for option in ("--csv", "--json", "--html"):
            self.refused("there is no such folder", "--enhanced", self.half, option, self.folder / "nowhere" / "x")
        self.refused("no <!-- scores -->", "--enhanced", self.half, "--table", self.folder / "page.md")
        self.refused("nothing.md", "--enhanced", self.half, "--table", self.folder / "nothing.md")

    def test_nothing_to_score_is_an_error(self):
        (self.folder / "none").mkdir()
        with self.assertRaisesRegex(ValueError, "limpid: .*none has nothing of mix"):
            self.run_main("--enhanced", self.folder / "none", "--sets", "mix", "--json", self.folder / "o.json")
        with self.assertRaisesRegex(ValueError, "other: .*none has nothing of mix"):
            self.run_main("--enhanced", self.half, "--sets", "mix", "--compare", f"other={self.folder / 'none'}")
        corpus = self.corpus_with("empty")
        (corpus / "eval" / "real" / "street.flac").unlink()
        with self.assertRaisesRegex(ValueError, "empty: no files of the set real"):
            items_of(corpus, "real", self.folder / "scratch")

    def test_a_clean_file_of_another_length_is_named(self):
        corpus = self.corpus_with("short")
        path = corpus / "eval" / "mix" / "clean" / "mix_0.flac"
        soundfile.write(path, soundfile.read(path)[0][:-100], RATE)
        with self.assertRaisesRegex(ValueError, "clean/mix_0.flac: 47900 samples, the input has 48000"):
            evaluate.main(["--corpus", str(corpus), "--enhanced", str(self.half), "--sets", "mix"])


if __name__ == "__main__":
    unittest.main()
