"""What an array hears of a talker who walks is what geometry says, and scenes change where they say so."""
import csv
import tempfile
import unittest
from pathlib import Path

import numpy as np
import soundfile

from limpid_train import array_scores, arrays, make_array_set, moving, moving_scenes, rooms, shoebox
from limpid_train.shoebox import BANDS, RATE, SPEED
from tests.test_arrays import speech_like


def small_room():
    return shoebox.Room(np.array([5.0, 4.0, 3.0]), np.full(len(BANDS), 0.25), np.ones((3, 2)))


def dead_room():
    """Walls that give next to nothing back."""
    return shoebox.Room(np.array([5.0, 4.0, 3.0]), np.full(len(BANDS), 0.004), np.ones((3, 2)))


MICS, TALKER = np.array([2.5, 1.8, 1.2]) + arrays.circular(4, 0.05), np.array([3.6, 2.4, 1.5])


class Motions(unittest.TestCase):
    def test_one_pose_is_what_stands_still(self):
        speech = np.random.default_rng(1).standard_normal(4000)
        motion = moving.Motion(TALKER[None], MICS[None], np.zeros(len(speech)))
        spoken, image = moving.heard(np.random.default_rng(2), small_room(), speech, motion, 1)
        direct, wet = arrays.responses(small_room(), TALKER, MICS, 1, np.random.default_rng(2))
        np.testing.assert_allclose(spoken, arrays.through(speech, direct + wet), atol=1e-5)
        np.testing.assert_allclose(image, arrays.through(speech, arrays.early(direct, wet)), atol=1e-9)

    def test_sound_arrives_when_and_as_loud_as_geometry_says(self):
        time, tone = np.arange(RATE) / RATE, lambda at: np.sin(2 * np.pi * 1000 * at)
        motion = moving.walk(MICS, np.stack([TALKER, TALKER + [0.3, -0.5, 0]]), 0.5, RATE)
        spoken, _ = moving.heard(np.random.default_rng(3), dead_room(), tone(time), motion, 0)
        way = np.linalg.norm(motion.talker[:, None] - motion.mics, axis=2)                   # [pose, mic]
        for mic in range(4):
            distance = np.interp(motion.at, np.arange(len(way)), way[:, mic])
            said = np.interp(time, time + (distance - way[:, 0].min()) / SPEED, time)        # what arrives now
            wanted = way[:, 0].mean() / np.interp(said, time, distance) * tone(said)
            error = (spoken[mic] - wanted)[200:-200]
            self.assertLess(10 * np.log10(np.mean(error ** 2) / np.mean(wanted ** 2)), -40)

    def test_reverberation_is_as_loud_as_that_of_who_stands_still(self):
        speech = np.random.default_rng(4).standard_normal(RATE)
        motion = moving.walk(MICS, np.stack([TALKER, TALKER + [0.0, 0.35, 0]]), 0.3, RATE)
        late = np.subtract(*moving.heard(np.random.default_rng(5), small_room(), speech, motion, 0))
        still = moving.Motion(motion.talker[20:21], MICS[None], np.zeros(RATE))
        other = np.subtract(*moving.heard(np.random.default_rng(6), small_room(), speech, still, 0))
        levels = [10 * np.log10(np.mean(part[:, part.shape[1] // 4:] ** 2)) for part in (late, other)]
        self.assertAlmostEqual(levels[0], levels[1], delta=1.0)
        quarters = 10 * np.log10(np.mean(late[:, RATE // 4:].reshape(4, 3, -1) ** 2, axis=(0, 2)))
        self.assertLess(np.ptp(quarters), 2.0)                                               # it does not fade away

    def test_a_quarter_turn_takes_a_microphone_to_its_neighbours_place(self):
        motion = moving.turn(MICS, TALKER, np.pi / 2, 0.25, 0.75, RATE)
        np.testing.assert_allclose(motion.mics[0], MICS)
        np.testing.assert_allclose(motion.mics[-1], np.roll(MICS, -1, axis=0), atol=1e-12)
        self.assertLessEqual(np.linalg.norm(np.diff(motion.mics, axis=0), axis=2).max(), moving.STEP)
        self.assertEqual((motion.at[RATE // 4], motion.at[RATE // 2], motion.at[-1]),
                         (0, (len(motion.mics) - 1) / 2, len(motion.mics) - 1))

    def test_a_way_that_is_too_short_is_refused(self):
        with self.assertRaisesRegex(ValueError, "0.5 m of way for a walk of 1.0"):
            moving.walk(MICS, np.stack([TALKER, TALKER + [0.5, 0, 0]]), 1.0, RATE)


class Scenes(unittest.TestCase):
    def test_a_way_is_long_enough_and_keeps_its_distance(self):
        for seed in range(10):
            rng = np.random.default_rng(seed)
            room = shoebox.random_room(rng, 0.2, 1.2, width=(3, 10))
            centre = rooms.position(rng, room, arrays.CLEARANCE)
            stage = moving_scenes.Stage(rng, room, centre, centre + arrays.circular(4, 0.05), 0)
            motion = moving.walk(stage.mics, stage.way(stage.place(), 6.0), 1.0, 6 * RATE)
            self.assertGreater(np.linalg.norm(motion.talker - centre, axis=1).min(), 0.98 * moving_scenes.DISTANCE[0])
            self.assertEqual(np.ptp(motion.talker[:, 2]), 0)

    def scene(self, kind, seed=7):
        time = np.arange(6 * RATE) / RATE
        tones = [np.sin(2 * np.pi * frequency * time) for frequency in (500, 3000)]
        noise = np.random.default_rng(seed).standard_normal(len(time))
        return moving_scenes.scene(np.random.default_rng(seed), kind, tones, [noise], arrays.circular(4, 0.05), 20.0)

    def test_talkers_take_turns(self):
        made = self.scene("turns")
        changes = made.about["changes"]
        self.assertTrue(changes and 2 <= changes[0] <= 4)
        for turn, (begin, end) in enumerate(zip([0, *changes], [*changes, 6])):
            middle = made.target[int((begin + 0.2) * RATE): int((end - 0.2) * RATE)]
            power = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) ** 2
            low = power[:len(power) // 4].sum() / power.sum()
            self.assertLess(abs(low - (turn % 2 == 0)), 0.01)

    def test_only_who_moves_comes_from_elsewhere(self):
        """The phase between two microphones before and after the change."""
        moved = {}
        for kind in ("still", "jump", "array", "walk"):
            image = self.scene(kind).image[:, :, None] * np.exp(-2j * np.pi * 500 / RATE * np.arange(6 * RATE))[None, :, None]
            early, late = (image[:, part].sum((1, 2)) for part in (slice(8000, 40000), slice(88000, 95000)))
            moved[kind] = np.abs(np.angle((early * late.conj())[1:] / (early * late.conj())[0])).max()
        self.assertLess(moved.pop("still"), 0.01)
        self.assertGreater(min(moved.values()), 0.1)

    def test_a_set_of_them(self):
        with tempfile.TemporaryDirectory() as folder:
            folder, rng = Path(folder), np.random.default_rng(8)
            names = {"speech": ("one", "two"), "noise": ("hum",)}
            rows = [f"{name}.wav,{kind},valid" for kind, of_kind in names.items() for name in of_kind]
            (folder / "manifest.csv").write_text("\n".join(["path,kind,split", *rows]), encoding="utf-8")
            for name in ("one", "two", "hum"):
                soundfile.write(folder / f"{name}.wav", speech_like(rng, 2.0), RATE)
            make_array_set.write_scenes(folder / "set", make_array_set.simulated(folder, 2, 2, 5, seconds=6.5, moving="turns"))
            with open(folder / "set" / "set.csv", newline="") as file:
                made = list(csv.DictReader(file))
            for row in made:
                self.assertEqual(sorted(row["speech"].split()), ["one.wav", "two.wav"])
                self.assertRegex(row["changes"], r"^\[[23]\.\d+(, 4\.\d+)?\]$")
            self.assertEqual(array_scores.read_set(folder / "set")[row["name"]].noisy.shape, (2, 6.5 * RATE))
            (folder / "manifest.csv").write_text("\n".join(["path,kind,split", rows[0], rows[2]]), encoding="utf-8")
            with self.assertRaisesRegex(ValueError, "and not of one.wav"):
                make_array_set.example(make_array_set.Valid(folder), 1, 0, 2, 1.0, moving="still")

    def test_the_seconds_after_a_change_are_scored_alone(self):
        rng = np.random.default_rng(9)
        target, error = rng.standard_normal((2, 6 * RATE))
        output = target + np.where(np.arange(6 * RATE) // RATE // 2 == 1, 0.1, 0.5) * error           # 20 dB from 2 s to 4 s

        def scored(target, *changes):
            example = array_scores.Example(None, target[None], {"reference": 0, "changes": str(list(changes))})
            return array_scores.after_changes(output, example)
        self.assertAlmostEqual(scored(target, 2.0), 20, delta=0.3)
        self.assertAlmostEqual(scored(target, 2.0, 4.0), (20 + 6.02) / 2, delta=0.3)
        self.assertTrue(np.isnan(scored(target)))
        silent = np.where(np.arange(6 * RATE) < 4 * RATE, target, 0)                                    # nothing is said later
        self.assertAlmostEqual(scored(silent, 2.0, 4.0), 20, delta=0.3)
        rows = [{"name": "a", "system": system, "si_sdr": 1.0, "pesq_wb": 2.0, "stoi": 0.5, "lower": 3.0, "after": after}
                for system, after in (("reference microphone", 1.0), ("one", 3.5))]
        table = array_scores.table(rows).splitlines()
        self.assertEqual((table[0].split(" | ")[-1], table[-1]), ("gained 2 s after a change dB |", "| one | 1.00 | +0.00 | 2.000 | 0.500 | 3.0 | +2.50 |"))


if __name__ == "__main__":
    unittest.main()
