"""Music for training is what was written down: whole MIDI files, and what a synthesiser makes of them where there is one."""
import shutil
import tempfile
import unittest
from pathlib import Path

import numpy as np

from limpid_train import music
from limpid_train.corpus import read_manifest, read_mono


def read_events(data):
    """(tick, status, key, value) of every channel message of a MIDI file, by the rules of its standard."""
    position, tick, events = 22, 0, []
    while position < len(data):
        delta = 0
        while True:
            byte = data[position]
            position += 1
            delta = delta << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        tick += delta
        status = data[position]
        if status == 0xFF:
            position += 3 + data[position + 2]
            continue
        size = 2 if status >> 4 == 0xC else 3
        events.append((tick, status, *data[position + 1:position + size]))
        position += size
    return events


class Midi(unittest.TestCase):
    def test_times_are_written_as_the_standard_says(self):
        for value, expected in ((0, "00"), (0x7F, "7f"), (0x80, "8100"), (0x3FFF, "ff7f"), (0x4000, "818000")):
            self.assertEqual(music.variable_length(value).hex(), expected)

    def test_every_note_ends(self):
        for seed in range(20):
            data = music.midi_file(music.piece(np.random.default_rng(seed), 5.0))
            self.assertEqual(int.from_bytes(data[18:22], "big"), len(data) - 22)
            open_notes = {}
            for tick, status, *rest in read_events(data):
                self.assertLess(tick, 20 * music.TICKS)
                if status >> 4 == 9:
                    open_notes[status & 15, rest[0]] = open_notes.get((status & 15, rest[0]), 0) + 1
                elif status >> 4 == 8:
                    open_notes[status & 15, rest[0]] -= 1
            self.assertTrue(open_notes)
            self.assertEqual(set(open_notes.values()), {0})

    def test_a_seed_is_a_piece(self):
        first, again, other = (music.midi_file(music.piece(np.random.default_rng(seed), 5.0)) for seed in (3, 3, 4))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)


class SoundFonts(unittest.TestCase):
    def test_one_that_is_not_there_is_named(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(FileNotFoundError, "nothing.sf2: no such sound font"):
            music.write_corpus(folder, count=1, seconds=1, seed=1, sound_font=Path(folder) / "nothing.sf2")


@unittest.skipUnless(shutil.which("fluidsynth") and Path(music.SOUND_FONT).exists(), "needs fluidsynth and fluid-soundfont-gm")
class Played(unittest.TestCase):
    def test_a_corpus_of_music(self):
        with tempfile.TemporaryDirectory() as folder:
            music.write_corpus(folder, count=2, seconds=3, seed=1)
            rows = read_manifest(folder)
            self.assertEqual([row["kind"] for row in rows], ["noise", "noise"])
            for row in rows:
                audio = read_mono(Path(folder) / row["path"])
                self.assertEqual(len(audio), 48000)
                self.assertGreater(np.abs(audio).max(), 0.01)


if __name__ == "__main__":
    unittest.main()
