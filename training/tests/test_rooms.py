"""Simulated rooms decay as asked and delay as geometry says; the bank returns what was made, whatever the process count."""
import multiprocessing
import tempfile
import unittest
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np

from limpid_train import rooms, shoebox
from limpid_train.array_rooms import array_bank
from limpid_train.atomic import alone_in
from limpid_train.shoebox import BANDS, RATE, SPEED, Room


def reverberation_time(response, high=-5, low=-25):
    """Seconds to 60 dB from a straight line through Schroeder's backward integral between two levels in dB."""
    energy = np.cumsum(response[::-1] ** 2)[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-12)
    begin, end = np.argmax(level < high), np.argmax(level < low)
    return -60 / np.polyfit(np.arange(begin, end) / RATE, level[begin:end], 1)[0]


def draw(rng, decay):
    """A random room with the same decay in all bands, a talker and a microphone."""
    room = shoebox.random_room(rng, decay, decay * 1.0001)
    room = Room(room.size, np.full(len(BANDS), decay), room.walls)
    mic = rooms.position(rng, room)
    return room, rooms.target_position(rng, room, mic), mic


class Decay(unittest.TestCase):
    def test_reverberation_time_is_the_one_asked_for(self):
        rng = np.random.default_rng(1)
        for decay in (0.15, 0.3, 0.5, 1.0):
            measured = []
            for _ in range(5):
                room, source, mic = draw(rng, decay)
                _, wet = shoebox.response(room, source, mic[None], rng, length=int(1.3 * decay * RATE) + 400)
                measured.append(reverberation_time(wet[0], -5, -35))
            self.assertLess(np.max(np.abs(np.array(measured) / decay - 1)), 0.10, f"{decay} s: {measured}")


    def test_walls_that_fit_no_room_are_drawn_again(self):
        for index in (248, 334):                                            # of the bank of seed 1
            room = shoebox.random_room(np.random.default_rng((1, index)), 0.1, 1.0)
            self.assertLess(np.max(room.absorption) * room.walls.max(), 1.8)


class Delays(unittest.TestCase):
    def test_a_direct_path_arrives_when_geometry_says(self):
        rng = np.random.default_rng(2)
        room, source, mic = draw(rng, 0.3)
        mics = mic + np.array([[0, 0, 0], [0.013, 0, 0], [0, 0.031, 0.002]])
        direct, _ = shoebox.response(room, source, mics, rng, length=2000)
        bins = np.arange(20, 300)                                           # below 2.4 kHz
        for mic, path in zip(mics, direct):
            distance = np.sqrt(np.sum((mic - source) ** 2))
            spectrum = np.fft.rfft(path)[bins]
            slope = np.polyfit(bins, np.unwrap(np.angle(spectrum)), 1)[0]
            self.assertAlmostEqual(-slope * 2000 / (2 * np.pi), distance / SPEED * RATE, delta=0.01)
            np.testing.assert_allclose(np.abs(spectrum), 1 / (4 * np.pi * distance), rtol=1e-3)


class Bank(unittest.TestCase):
    def test_returns_what_was_made(self):
        with tempfile.TemporaryDirectory() as folder:
            rooms.write_bank(Path(folder) / "a", 6, 3)
            rooms.write_bank(Path(folder) / "b", 6, 3, processes=2)
            one, two = (rooms.RoomBank(Path(folder) / name) for name in "ab")
            self.assertEqual(one.rooms, two.rooms)
            np.testing.assert_array_equal(one.samples, two.samples)
            self.assertEqual(len(one), 6)
            for index, room in enumerate(one.rooms):
                for source, about in enumerate(room["sources"]):
                    response = one.response(index, source)
                    self.assertEqual(len(response), about["length"])
                    np.testing.assert_array_equal(response[:rooms.DIRECT + 1], [0] * rooms.DIRECT + [1])
                    self.assertAlmostEqual(-10 * np.log10(np.sum(response ** 2) - 1), about["drr"], delta=0.02)
                    if source == 0:
                        self.assertTrue(0.2 <= about["distance"] <= 4)

    def test_one_that_is_killed_at_its_end_is_not_taken_for_whole(self):
        def killed(path, text, **_):
            path.write_bytes(text[: len(text) // 2].encode())
            raise KeyboardInterrupt

        with tempfile.TemporaryDirectory() as folder:
            with mock.patch.object(Path, "write_text", killed), self.assertRaises(KeyboardInterrupt):
                rooms.write_bank(folder, 1, 3)
            self.assertFalse((Path(folder) / "index.json").exists())

    def test_of_two_that_want_one_the_second_waits_for_the_first(self):
        context = multiprocessing.get_context("fork")
        with tempfile.TemporaryDirectory() as folder:
            for bank in (partial(rooms.bank_in, folder, 1, 1), partial(array_bank, folder, 2, 1, 1)):
                begun = context.Event()

                def second_run(bank=bank, begun=begun):
                    begun.set()
                    with mock.patch.object(rooms, "write_bank", side_effect=AssertionError("makes it as well")):
                        self.assertEqual(len(bank()), 1)

                with alone_in(folder):
                    other = context.Process(target=second_run)
                    other.start()
                    begun.wait()
                    rooms.write_bank(folder, 1, 3)
                other.join()
                self.assertEqual(other.exitcode, 0)
                (Path(folder) / "index.json").unlink()

    def test_another_format_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            rooms.write_bank(folder, 1, 3)
            file = Path(folder) / "index.json"
            file.write_text(file.read_text().replace('"format": 1', '"format": 0'))
            with self.assertRaisesRegex(ValueError, "another format"):
                rooms.RoomBank(folder)


if __name__ == "__main__":
    unittest.main()
