"""The way from files to tables, with made-up files and systems."""
import csv
import io
import json
import shutil
import unittest
from contextlib import redirect_stderr
from unittest import mock

import numpy as np
import soundfile

from limpid_train import evaluate, weights
from limpid_train.bootstrap import interval, paired
from limpid_train.longconv import LongConv
from limpid_train.page import spectrogram, worst
from limpid_train.sets import ALL, Item, items_of
from limpid_train.systems import Folder, Network, Program
from limpid_train.tables import comparison, markdown, set_table, summarise
from make_test_vectors import LONGCONV
from tests.evaluated import Evaluated
from tests.signals import RATE


class Evaluating(Evaluated):
    def test_a_page_shows_the_worst_and_the_real_ones(self):
        page = self.folder / "page.html"
        self.run_main("--enhanced", self.half, "--sets", "vb60", "mix", "real", "--html", page,
                      "--compare", f"a<b={self.half}")
        text = page.read_text(encoding="utf-8")
        self.assertEqual(text.count("data:image/png;base64,"), 4 * 3 + 2)
        self.assertIn("a&lt;b", text)
        self.assertIn("real/street", text)
        self.assertNotIn("http", text)

    def test_pages_take_the_worst_first(self):
        evaluation = evaluate.Evaluation("x")
        evaluation.rows = {"vb60": [{"si_sdr": 5, "noisy_si_sdr": 1}, {"si_sdr": 1, "noisy_si_sdr": 2}],
                           "mix": [{"si_sdr": 3, "noisy_si_sdr": 1}], "real": [{"quiet_db": 1}]}
        self.assertEqual(worst(evaluation, 2), [(-1, "vb60", 1), (2, "mix", 0)])

    def test_a_sine_is_at_its_place_in_a_spectrogram(self):
        levels = spectrogram(np.sin(2 * np.pi * 2000 * np.arange(5 * RATE) / RATE), RATE)
        self.assertAlmostEqual(np.argmax(levels[:, 300]), levels.shape[0] * 2000 / (RATE / 2), delta=1)
        self.assertLess(abs(levels.max() + 3), 3)

    def test_all_sets_to_csv_json_and_tables(self):
        (self.folder / "same").mkdir()
        for path in (self.corpus / "eval" / "mix" / "noisy").iterdir():
            (self.folder / "same" / path.name).write_bytes(path.read_bytes())
        text = self.run_main("--enhanced", self.half, "--csv", self.folder / "s.csv", "--json",
                             self.folder / "s.json", "--compare", f"untouched={self.folder / 'same'}", "--jobs", 2)
        summary = json.loads((self.folder / "s.json").read_text())
        self.assertEqual(set(summary), {*ALL, "extremes"})
        self.assertAlmostEqual(summary["vb60"]["noisy_si_sdr"], summary["vb60"]["si_sdr"], places=3)
        self.assertAlmostEqual(summary["mix"]["pause_reduction_db"], 6.021, places=3)
        self.assertAlmostEqual(summary["mix"]["level_change_db"] - summary["mix"]["noisy_level_change_db"], -6.021, places=2)
        self.assertAlmostEqual(summary["fullband"]["highs_reduction_db"], 6.021, places=2)
        self.assertAlmostEqual(summary["noise-only"]["reduction_after_1s_db"], 6.021, places=3)
        self.assertEqual(summary["noise-only"]["reached_30db"], 0)
        self.assertEqual(summary["extremes"]["silence_peak"], 0)
        self.assertGreater(summary["extremes"]["clean_in_si_sdr_worst"], 60)
        with open(self.folder / "s.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 6 + 2 + 1 + 6 + 1 + 2)
        self.assertEqual({row["set"] for row in rows}, set(ALL))
        self.assertIn("| untouched |", text)
        self.assertIn("limpid − untouched", text)

    def test_scores_of_an_earlier_run_give_the_same_tables(self):
        half, scores = self.half, self.folder / "s.csv"
        sets = ("--sets", "vb60", "noise-only", "--name", "a")
        text = self.run_main("--enhanced", half, *sets, "--csv", scores, "--compare", f"b={half}")
        self.assertEqual(self.run_main("--enhanced", scores, *sets, "--compare", f"b={scores}"), text)
        self.assertNotIn("noise-only", self.run_main("--enhanced", scores, "--sets", "vb60"))
        with self.assertRaisesRegex(ValueError, "not the per-file scores"):
            self.run_main("--enhanced", half, "--sets", "vb60", "--compare", f"b={self._other_csv()}")
        with self.assertRaises(SystemExit):
            self.run_main("--enhanced", scores, "--html", self.folder / "page.html")

    def _other_csv(self):
        path = self.folder / "other.csv"
        path.write_text("name,value\nx,1\n", encoding="utf-8")
        return path

    def test_marks_of_a_page_hold_the_tables(self):
        page = self.folder / "page.md"
        page.write_text("words\n<!-- scores -->\nold\n<!-- /scores -->\nmore words\n", encoding="utf-8")
        self.run_main("--enhanced", self.half, "--sets", "silence", "--table", page)
        text = page.read_text(encoding="utf-8")
        self.assertTrue(text.startswith("words\n") and text.endswith("more words\n"))
        self.assertIn("### silence", text)
        self.assertNotIn("old", text)
        with self.assertRaisesRegex(ValueError, "no <!-- scores -->"):
            evaluate.replace_between(self.corpus / "manifest.csv", "")

    def test_a_missing_file_and_a_wrong_length_are_errors(self):
        half = shutil.copytree(self.half, self.folder / "half")
        lone = half / "mix" / "mix_1.wav"
        audio = lone.read_bytes()
        lone.unlink()
        items = items_of(self.corpus, "mix", self.folder / "scratch")
        with self.assertRaisesRegex(FileNotFoundError, "mix_1: not in"):
            Folder(half)("mix", items, None)
        lone.write_bytes(audio)
        soundfile.write(lone, np.zeros(100), RATE)
        with self.assertRaisesRegex(ValueError, "100 samples, the input has 48000"):
            self.run_main("--enhanced", half, "--sets", "mix")

    def test_what_the_program_said_is_the_error(self):
        program = self.folder / "limpid"
        program.write_text("#!/bin/sh\necho 'no such model' >&2\nexit 3\n", encoding="utf-8")
        program.chmod(0o755)
        with self.assertRaisesRegex(RuntimeError, "failed with 3: no such model"):
            Program(program)("mix", items_of(self.corpus, "mix", self.folder / "scratch"), self.folder)

    def test_files_are_found_anywhere_below_whatever_they_are_called(self):
        path = self.folder / "telephone" / "a" / "take[1].wav"
        path.parent.mkdir(parents=True)
        path.touch()
        self.assertEqual(Folder(self.folder / "telephone").find("mix", Item("take[1]", None, None, RATE)), path)

    def test_files_of_two_systems_are_not_taken_for_one(self):
        for places in (("new/mix", "old/mix"), ("mix", "mix")):
            for folder, suffix in zip(places, (".wav", ".flac")):
                (self.folder / folder).mkdir(parents=True, exist_ok=True)
                (self.folder / folder / f"x{suffix}").touch()
            with self.assertRaisesRegex(ValueError, f"x: is it .*/{places[0]}/x.* or .*/{places[1]}/x"):
                Folder(self.folder).find("mix", Item("x", None, None, RATE))

    def test_a_mean_over_fewer_files_says_so(self):
        scores = self.folder / "s.csv"
        self.run_main("--enhanced", self.half, "--sets", "mix", "--csv", scores)
        scores.write_text("".join(scores.read_text(encoding="utf-8").splitlines(True)[:2]), encoding="utf-8")
        text = self.run_main("--enhanced", self.half, "--sets", "mix", "--compare", f"b={scores}", f"c={self.half}")
        self.assertIn("| b (1 files) |", text)
        self.assertIn("| c |", text)

    def test_a_network_hears_files_of_its_own_rate_alone(self):
        model, rate = self.folder / "m.safetensors", RATE // 2
        config = {**LONGCONV, "sample_rate": rate, "bands": [41, 40]}
        weights.write(model, weights.tensors_of(LongConv(config).state_dict()), config, {})
        items = items_of(self.corpus, "mix", self.folder / "scratch")
        with self.assertRaisesRegex(ValueError, "mix_0.flac: 16000 Hz, the network is for 8000"):
            Network(model)("mix", items, self.folder)
        slow = [item._replace(rate=rate) for item in items[:1]]
        with redirect_stderr(io.StringIO()), mock.patch.object(evaluate, "rows_of") as scored:
            evaluate.run(Network(model), "x", {"mix": items, "real": items + slow}, self.folder, 1)
        self.assertEqual([call.args[:2] for call in scored.call_args_list], [("real", slow)])

    def test_a_system_without_a_set_is_left_out_of_it(self):
        items = items_of(self.corpus, "clean-in", self.folder / "scratch")
        (self.folder / "few").mkdir()
        self.assertIsNone(Folder(self.folder / "few")("clean-in", items, None))


class Figures(unittest.TestCase):
    def test_a_mean_is_rounded_once(self):
        rows = [{"file": str(i), "seconds_to_30db": 0.5 if i < 19 else float("inf"), "reduction_at_1s_db": 41.0504}
                for i in range(21)]
        heading, lines = set_table({"a": summarise(rows)})
        shown = dict(zip(heading, lines[-1]))
        self.assertEqual((shown["share reaching 30 dB"], shown["at 1 s"]), ("0.90", "41.1"))


class Intervals(unittest.TestCase):
    def test_constant_difference_is_certain(self):
        rows = [{"file": str(i), "x": i + 0.5} for i in range(10)]
        others = [{"file": str(i), "x": float(i)} for i in range(5)]
        self.assertEqual(paired(rows, others, "x"), (0.5, 0.5, 0.5, 5))

    def test_covers_the_normal_interval(self):
        values = np.random.default_rng(3).standard_normal(200)
        mean, low, high = interval(values)
        error = 1.96 * values.std() / np.sqrt(200)
        self.assertAlmostEqual(low, mean - error, delta=0.02)
        self.assertAlmostEqual(high, mean + error, delta=0.02)

    def test_one_file_says_nothing(self):
        self.assertTrue(np.isnan(interval([1.0])[1]))

    def test_verdicts(self):
        def rows(offset):
            return [{"file": str(i), "si_sdr": i + offset, "level_change_db": -offset, "floor_modulation_db": offset} for i in range(9)]
        verdicts = [line[-1] for line in comparison(rows(2.0), rows(1.0))[1]]
        self.assertEqual(verdicts, ["better", "worse", "worse"])
        mixed = [{"file": str(i), "si_sdr": i + (-1) ** i} for i in range(8)]
        self.assertEqual(comparison(mixed, rows(0.0))[1][0][-1], "no clear difference")

    def test_cells_cannot_break_a_table(self):
        self.assertEqual(markdown(["a"], [["|x|"]]), "| a |\n| --- |\n| \\|x\\| |\n")


if __name__ == "__main__":
    unittest.main()
