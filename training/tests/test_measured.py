"""Scenes in measured rooms: what is heard, from where, and which folders are refused."""
import csv
import filecmp
import tempfile
import unittest
from argparse import ArgumentTypeError
from pathlib import Path
from unittest import mock

import numpy as np
import soundfile

from limpid_train import array_scores, arrays, make_measured_set
from limpid_train.make_measured_set import channels_of, pattern_of, response
from limpid_train.shoebox import RATE
from tests.test_arrays import speech_like

PLACES = [f"{room}_{place}.wav" for room in ("hall", "attic") for place in range(5)]


def clicks(delays, gains, rate=RATE):
    """Responses [sample, mic]: a direct path for each microphone and one echo, 100 ms after it."""
    made = np.zeros((rate // 2, len(delays)))
    for mic, (delay, gain) in enumerate(zip(delays, gains)):
        made[delay, mic], made[delay + rate // 10, mic] = gain, 0.3 * gain
    return made


def prepared(folder):
    """A corpus of valid files alone, and the responses of two rooms of five places, with four microphones."""
    folder, rng = Path(folder), np.random.default_rng(8)
    rows = [f"{kind}.wav,{kind},valid" for kind in ("speech", "noise")]
    (folder / "manifest.csv").write_text("\n".join(["path,kind,split", *rows]), encoding="utf-8")
    for kind in ("speech", "noise"):
        soundfile.write(folder / f"{kind}.wav", speech_like(rng, 2.0), RATE)
    (folder / "rooms").mkdir()
    for index, name in enumerate(PLACES):
        delays = 300 + 10 * index + np.arange(4)
        soundfile.write(folder / "rooms" / name, clicks(delays, [0.25, 0.5, 0.2, 0.1]), RATE, subtype="FLOAT")
    return folder, folder / "rooms"


def rooms_of(folder, text):
    return make_measured_set.rooms_of(folder, pattern_of(text))


class Responses(unittest.TestCase):
    def test_the_direct_path_of_the_reference_is_one_and_where_scenes_expect_it(self):
        with tempfile.TemporaryDirectory() as folder:
            _, rooms = prepared(folder)
            found = response(rooms / PLACES[0], [1, 0])
        self.assertEqual(found.shape[0], 2)
        np.testing.assert_allclose([found[0, arrays.LEAD], found[0, arrays.LEAD + RATE // 10]], [1, 0.3], atol=1e-6)
        np.testing.assert_allclose(found[1, arrays.LEAD - 1], 0.5, atol=1e-6)                  # a sample nearer, and quieter

    def test_other_rates_are_resampled(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "fast.wav"
            soundfile.write(path, clicks([900, 930], [0.5, 0.5], 48000), 48000, subtype="FLOAT")
            found = response(path, [0, 1])
        self.assertEqual(int(np.argmax(np.abs(found[1]))) - int(np.argmax(np.abs(found[0]))), 10)

    def test_no_more_of_it_is_kept_than_was_asked_for(self):
        with tempfile.TemporaryDirectory() as folder:
            _, rooms = prepared(folder)
            found = response(rooms / PLACES[0], [0, 1], kept=0.05)
        self.assertEqual(found.shape[1], arrays.LEAD + RATE // 20)
        self.assertEqual((found[0, arrays.LEAD], found[0, -1]), (1, 0))

    def test_what_cannot_be_used_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            _, rooms = prepared(folder)
            soundfile.write(rooms / "quiet.wav", np.zeros((100, 4)), RATE)
            with self.assertRaisesRegex(ValueError, "4 channels, there is no 6"):
                response(rooms / PLACES[0], [0, 5])
            with self.assertRaisesRegex(ValueError, "quiet.wav: channel 3 is silent"):
                response(rooms / "quiet.wav", [2, 1])
            with self.assertRaisesRegex(ValueError, "no two WAV files"):
                rooms_of(rooms, "cellar_(.)")
            self.assertEqual({room: len(paths) for room, paths in rooms_of(rooms, "(.*)_").items()}, {"hall": 5, "attic": 5})
            self.assertEqual(len(rooms_of(rooms, "()")[""]), 11)


class Arguments(unittest.TestCase):
    def test_channels_count_from_one_and_differ(self):
        self.assertEqual(channels_of("1,3,2"), [0, 2, 1])
        for wrong in ("1", "0,1", "2,2"):
            with self.assertRaisesRegex(ArgumentTypeError, "two or more different channels"):
                channels_of(wrong)

    def test_a_pattern_has_to_name_rooms(self):
        for wrong, why in (("room.", "no group"), ("(room", "unterminated|missing")):
            with self.assertRaisesRegex(ArgumentTypeError, why):
                pattern_of(wrong)


class Scenes(unittest.TestCase):
    def test_written_twice_the_same_and_scored(self):
        with tempfile.TemporaryDirectory() as folder:
            folder, rooms = prepared(folder)
            for name in "ab":
                command = ["make_measured_set", "--corpus", str(folder), "--responses", str(rooms), "--rooms", "(.*)_",
                           "--channels", "1,3,2", "--count", "5", "--output", str(folder / name)]
                with mock.patch("sys.argv", command), mock.patch("builtins.print"):
                    make_measured_set.main()
            for part in ("noisy", "image", "clean"):
                for file in sorted((folder / "a" / part).iterdir()):
                    self.assertTrue(filecmp.cmp(file, folder / "b" / part / file.name, shallow=False))
            with open(folder / "a" / "set.csv", newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual([float(row["snr_db"]) for row in rows], [-5, 0, 5, 10, 15])
            self.assertLessEqual({row["channels"] for row in rows}, {"1 3 2", "3 2 1", "2 1 3"})
            self.assertTrue(all(row["place"].startswith(row["room"]) for row in rows))
            examples = array_scores.read_set(folder / "a")
            found = array_scores.score_set(examples, {})
        self.assertEqual({row["system"] for row in found}, {"reference microphone", "MVDR, true covariances"})
        for example in examples.values():
            self.assertEqual(example.noisy.shape, (3, 6 * RATE))

    def test_the_target_is_the_direct_path_and_50_ms(self):
        with tempfile.TemporaryDirectory() as folder:
            folder, rooms = prepared(folder)
            valid = make_measured_set.Valid(folder)
            click = np.eye(1, 6 * RATE, 2000)[0]
            with mock.patch.object(valid, "speech", lambda *_: ("speech.wav", click)):
                made, _ = make_measured_set.scene(valid, rooms_of(rooms, "(.*)_"), [0, 1, 2], 1, 0, snr=200.0)
        peak = np.abs(made.target[2000])
        self.assertGreater(peak, 0)
        self.assertLess(np.abs(made.target[2000 + arrays.EARLY_SAMPLES:]).max(), 1e-6 * peak)
        self.assertGreater(np.abs(made.noisy[0, 2000 + RATE // 10]), 0.2 * peak)


if __name__ == "__main__":
    unittest.main()
