"""Array scenes: delays follow geometry, diffuse noise is as coherent as theory says, sets are repeatable, and the
beamformers gain what they must."""
import csv
import filecmp
import io
import sys
import tempfile
import unittest
from contextlib import redirect_stderr
from pathlib import Path
from unittest import mock

import numpy as np
import soundfile
from scipy.signal import csd, welch

from limpid_train import array_scores, arrays, beamform, make_array_set, rooms, shoebox
from limpid_train.shoebox import RATE, SPEED
from limpid_train.spatial import diffuse_coherence
from limpid_train.validation import si_sdr


def slope_delay(spectrum, bins, size):
    """Delay in samples from the slope of the phase over `bins`."""
    return -np.polyfit(bins, np.unwrap(np.angle(spectrum[bins])), 1)[0] * size / (2 * np.pi)


def speech_like(rng, seconds):
    """Noise bursts with pauses."""
    time = np.arange(int(seconds * RATE)) / RATE
    return 0.1 * rng.standard_normal(len(time)) * (np.sin(2 * np.pi * 1.5 * time) > 0)


def tiny_scene(seed, **options):
    rng = np.random.default_rng(seed)
    speech, noise = speech_like(rng, 1.0), rng.standard_normal(RATE)
    field = rng.standard_normal((4, RATE))
    return arrays.scene(rng, speech, [noise], arrays.circular(4, 0.05), diffuse=field, **options)


class Layouts(unittest.TestCase):
    def test_shapes_and_spacing(self):
        for mics in range(2, 9):
            gaps = np.diff(arrays.linear(mics, 0.03)[:, 0])
            np.testing.assert_allclose(gaps, 0.03)
            np.testing.assert_allclose(np.linalg.norm(arrays.circular(mics, 0.07), axis=1), 0.07)
            for seed in range(20):
                layout = arrays.random_layout(np.random.default_rng(seed), mics)
                self.assertEqual(layout.shape, (mics, 3))
                self.assertLess(np.ptp(layout, axis=0).max(), 0.41)


class Responses(unittest.TestCase):
    def test_delays_between_microphones_follow_geometry(self):
        rng = np.random.default_rng(3)
        for layout in (arrays.linear(2, 0.08), arrays.circular(8, 0.1)):
            room = shoebox.random_room(rng, 0.2, 0.3, width=(3, 6))
            centre = rooms.position(rng, room, 0.5)
            source, mics = rooms.target_position(rng, room, centre, 0.5, 2), centre + layout
            direct, _ = arrays.responses(room, source, mics, 1, rng)
            size, bins = direct.shape[1], np.arange(20, 300)
            paths = np.linalg.norm(mics - source, axis=1)
            for mic, path in enumerate(paths):
                spectrum = np.fft.rfft(direct[mic])
                late = slope_delay(spectrum, bins, size) - arrays.LEAD
                self.assertAlmostEqual(late, (path - paths[1]) / SPEED * RATE, delta=0.02)
                np.testing.assert_allclose(np.abs(spectrum[bins]), paths[1] / path, rtol=1e-2)

    def test_an_image_reaches_all_microphones_from_one_place(self):
        room = shoebox.Room(np.array([5.0, 4.0, 3.0]), np.full(6, 0.4), np.ones((3, 2)))
        source, centre = np.array([1.0, 1.5, 1.2]), np.array([3.0, 2.0, 1.4])
        places, order, gains = shoebox.images(room, source, centre, 12.0)
        np.testing.assert_allclose(places[0], source)
        first = {tuple(np.round(place, 6)) for place in places[order == 1]}
        expected = set()
        for axis in range(3):
            for wall in (0, room.size[axis]):
                mirrored = source.copy()
                mirrored[axis] = 2 * wall - source[axis]
                expected.add(tuple(np.round(mirrored, 6)))
        self.assertEqual(first, expected)
        np.testing.assert_allclose(gains[order == 1], -0.5 * room.absorption[None].repeat(6, 0))

    def test_the_tail_is_diffuse(self):
        rng = np.random.default_rng(5)
        room = shoebox.Room(np.array([5.0, 4.0, 3.0]), np.full(6, 1.0), np.ones((3, 2)))
        mics = np.array([2.5, 2.0, 1.5]) + arrays.linear(2, 0.08)
        cross, power = 0, 0
        for _ in range(60):
            level = np.full(6, 1.0)
            tail = shoebox.tail(room, mics, rng, 10000, 0.0, 0.07, level)[:, 2000:]
            cross = cross + csd(tail[0], tail[1], RATE, nperseg=256)[1].real
            power = power + np.sqrt(welch(tail[0], RATE, nperseg=256)[1] * welch(tail[1], RATE, nperseg=256)[1])
        frequency = np.arange(129) * RATE / 256
        error = (cross / power - np.sinc(2 * frequency * 0.08 / SPEED))[4:120]
        self.assertLess(np.sqrt(np.mean(error ** 2)), 0.05)


class DiffuseNoise(unittest.TestCase):
    def test_coherence_is_that_of_an_isotropic_field(self):
        rng = np.random.default_rng(4)
        mics = np.array([[0, 0, 0], [0.03, 0, 0], [0.03, 0.06, 0.0]])
        field = arrays.diffuse_noise(rng.standard_normal((3, 20 * RATE)), mics)
        self.assertAlmostEqual(np.mean(field ** 2), 1, delta=1e-6)
        frequency = np.arange(257) * RATE / 512
        wanted = diffuse_coherence(mics, frequency)
        for one in range(3):
            for two in range(one):
                powers = [welch(field[mic], RATE, nperseg=512)[1] for mic in (one, two)]
                found = csd(field[one], field[two], RATE, nperseg=512)[1] / np.sqrt(powers[0] * powers[1])
                self.assertLess(np.abs(found - wanted[:, one, two])[2:250].max(), 0.12)
                self.assertLess(np.sqrt(np.mean(np.abs(found - wanted[:, one, two])[2:250] ** 2)), 0.04)


class Scenes(unittest.TestCase):
    def test_same_seed_same_scene(self):
        one, two, other = tiny_scene(1), tiny_scene(1), tiny_scene(2)
        np.testing.assert_array_equal(one.noisy, two.noisy)
        np.testing.assert_array_equal(one.target, two.target)
        self.assertFalse(np.array_equal(one.noisy, other.noisy))
        self.assertEqual((one.noisy.shape, one.target.shape), ((4, RATE), (RATE,)))
        self.assertTrue(np.isfinite(one.noisy).all() and np.abs(one.noisy).max() < 1)

    def test_target_is_the_asked_part_at_the_asked_microphone(self):
        early, direct = (tiny_scene(1, target=kind, reference=2, snr_db=60, rt60=(0.2, 0.25), distance=(0.5, 0.6))
                         for kind in ("early", "direct"))
        np.testing.assert_array_equal(early.noisy, direct.noisy)
        np.testing.assert_array_equal(early.target, early.image[2])
        kept = [float(si_sdr(x.noisy[2].astype(float), x.target.astype(float))) for x in (early, direct)]
        self.assertGreater(kept[0], kept[1] + 1)
        self.assertGreater(kept[0], 10)
        self.assertLess(np.abs(10 * np.log10(np.mean(early.target ** 2) / np.mean(early.noisy[2] ** 2))), 1)
        with self.assertRaisesRegex(ValueError, "direct or early"):
            tiny_scene(1, target="late")

    def test_noise_has_the_asked_level(self):
        quiet, loud = (tiny_scene(3, snr_db=snr) for snr in (40, 0))
        scale = np.dot(loud.target, quiet.target) / np.dot(loud.target, loud.target)
        noise = loud.noisy[0] * scale - quiet.noisy[0]                     # 0 dB noise less one per cent of it
        speech = quiet.noisy[0]
        frames = speech[: RATE // 320 * 320].reshape(-1, 320)
        energy = np.mean(frames ** 2, axis=1)
        active = np.mean(energy[energy > 1e-3 * np.percentile(energy, 95)])
        self.assertAlmostEqual(10 * np.log10(active / np.mean(noise ** 2)), 0, delta=0.5)


class Beamformers(unittest.TestCase):
    def test_gain_of_delay_and_sum_in_noise_of_the_sensors(self):
        rng = np.random.default_rng(6)
        mics, source = arrays.circular(4, 0.05), np.array([2.0, 0.7, 0.1])
        path = np.linalg.norm(mics - source, axis=1)
        speech = rng.standard_normal(RATE)
        image = np.stack([shoebox.place(np.array([500 + (p - path[1]) / SPEED * RATE]), np.ones((1, 1)), 1000)
                          for p in path])
        image = np.stack([np.convolve(speech, h)[:RATE] for h in image])
        noisy = image + rng.standard_normal(image.shape)
        before = float(si_sdr(noisy[1], image[1]))
        after = float(si_sdr(beamform.delay_and_sum(noisy, mics, source, 1), image[1]))
        self.assertAlmostEqual(after - before, 10 * np.log10(4), delta=0.3)

    def test_mvdr_removes_a_point_noise_and_keeps_the_talker(self):
        scene = tiny_scene(7, rt60=(0.2, 0.25), snr_db=0, distance=(0.5, 0.7))
        before = float(si_sdr(scene.noisy[0], scene.target))
        after = float(si_sdr(beamform.mvdr(scene.noisy, scene.image).astype(np.float32), scene.target))
        self.assertGreater(after, before + 3)
        clean = beamform.mvdr(scene.image + 1e-6 * np.random.default_rng(0).standard_normal(scene.image.shape),
                              scene.image)
        self.assertGreater(float(si_sdr(clean, scene.target.astype(np.float64))), 15)


class HalfOf:
    """A system that gives back half of the sum of the channels, and remembers how many there were."""

    def __init__(self):
        self.channels = []

    def __call__(self, _, items, output):
        for item in items:
            audio, rate = soundfile.read(item.noisy, always_2d=True)
            self.channels.append(audio.shape[1])
            soundfile.write(output / item.noisy.name, 0.5 * audio.sum(1), rate, subtype="FLOAT")
        return [output / item.noisy.name for item in items]


class EvaluationSet(unittest.TestCase):
    def test_speech_that_nobody_hears_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            rows = [f"{kind}.wav,{kind},valid" for kind in ("speech", "noise")]
            (folder / "manifest.csv").write_text("\n".join(["path,kind,split", *rows]), encoding="utf-8")
            soundfile.write(folder / "speech.wav", 0.02 * speech_like(np.random.default_rng(9), 2.0), RATE)
            valid = make_array_set.Valid(folder)
            with self.assertRaisesRegex(ValueError, "none is louder than -46 dBFS"):
                valid.speech(np.random.default_rng(1), RATE)

    def test_written_twice_the_same_from_the_valid_split_alone(self):
        rng = np.random.default_rng(8)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            with open(folder / "manifest.csv", "w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["path", "kind", "split"])
                for kind in ("speech", "noise"):
                    for split in ("train", "valid"):
                        writer.writerow([f"{kind}_{split}.wav", kind, split])
                    soundfile.write(folder / f"{kind}_valid.wav", speech_like(rng, 2.0), RATE)   # no train files
            for name in "ab":
                make_array_set.write_scenes(folder / name, make_array_set.simulated(folder, 2, 3, 5, seconds=1.5))
            for part in ("noisy", "image", "clean"):
                for file in sorted((folder / "a" / part).iterdir()):
                    self.assertTrue(filecmp.cmp(file, folder / "b" / part / file.name, shallow=False))
            with open(folder / "a" / "set.csv", newline="") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual([float(row["snr_db"]) for row in rows], [-5, 0, 5])
            self.assertEqual(soundfile.info(folder / "a" / "noisy" / f"{rows[0]['name']}.wav").channels, 2)
            halves = HalfOf()
            rows = array_scores.score_set(array_scores.read_set(folder / "a"), {"one": (halves, True), "all": (halves, False)})
        found = {(row["name"], row["system"]): row["si_sdr"] for row in rows}
        self.assertEqual(len(found), 3 * 5)
        for index in range(3):
            reference, summed, oracle, one, both = list(found.values())[5 * index: 5 * index + 5]
            self.assertGreater(oracle, reference)
            self.assertAlmostEqual(one, reference, delta=1e-3)                                # SI-SDR knows no scale
            self.assertNotAlmostEqual(both, reference, delta=1e-3)
        self.assertEqual([round(row["lower"], 2) for row in rows if row["system"] == "one"], 3 * [6.02])
        self.assertEqual(halves.channels, [1, 1, 1, 2, 2, 2])
        self.assertRegex(array_scores.table(rows), r"reference microphone \| -?[0-9.]+ \| \+0.00 ")

    def test_models_of_one_name_are_refused(self):
        command = ["array_scores", "nowhere", "--array", "a/model.safetensors", "--single", "b/model.safetensors"]
        with mock.patch.object(sys, "argv", command), redirect_stderr(io.StringIO()) as said, self.assertRaises(SystemExit):
            array_scores.main()
        self.assertIn("two models would be called the same", said.getvalue())

    def test_means_leave_out_what_is_not_there(self):
        rows = [{"name": str(i), "system": "one", "si_sdr": 1.0, "pesq_wb": pesq, "stoi": None, "lower": 3.0} for i, pesq in enumerate((2.0, np.nan))]
        self.assertEqual(array_scores.table(rows).splitlines()[-1], "| one | 1.00 | +0.00 | 2.000 |  | 3.0 |")


if __name__ == "__main__":
    unittest.main()
