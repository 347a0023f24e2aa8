"""Each artefact is put into a signal by hand, and its measure, and no other, tells."""
import unittest

import numpy as np

from limpid_train import artefacts
from tests.signals import RATE, white, words


class Words(unittest.TestCase):
    def setUp(self):
        self.clean = words()
        self.noisy = self.clean + white(len(self.clean), 0.001)

    def measure(self, output):
        return artefacts.artefacts(self.noisy, output, self.clean, RATE)

    def test_clean_speech_has_nothing_wrong(self):
        row = self.measure(self.clean)
        self.assertAlmostEqual(row["speech_kept_db"], 0, places=9)
        self.assertAlmostEqual(row["word_ends_kept_db"], 0, places=9)
        self.assertEqual(row["isolated_peaks"], 0)

    def test_ends_cut(self):
        ramp = np.ones(RATE)
        ramp[RATE // 2 - round(0.08 * RATE):RATE // 2] = 0.1
        row = self.measure(self.clean * np.tile(ramp, 4))
        self.assertLess(row["word_ends_kept_db"], -8)   # the frames in which the gain changes hold both
        self.assertGreater(row["speech_kept_db"], -1.2)  # 16 % of each word: at most 0.76 dB and the frames at its edge

    def test_noise_does_not_make_up_for_lost_speech(self):
        row = self.measure(0.5 * self.clean)
        self.assertAlmostEqual(row["speech_kept_db"], -6.02, delta=0.01)
        louder = self.measure(2 * self.clean)
        self.assertAlmostEqual(louder["speech_kept_db"], 0, places=9)

    def test_ends_are_the_last_eighty_milliseconds(self):
        words_mask, ends = artefacts.word_parts(self.clean, RATE)
        self.assertEqual(words_mask.sum(), 100)
        np.testing.assert_array_equal(np.flatnonzero(ends), [50 * i + k for i in range(4) for k in (21, 22, 23, 24)])

    def test_burst_in_a_pause(self):
        output = self.clean.copy()
        output[RATE - 3840:RATE - 3520] = self.clean[:320]
        row = self.measure(output)
        level = artefacts.levels.active_level(artefacts.levels.frame_powers(self.clean, RATE))
        self.assertAlmostEqual(row["loudest_pause_db"], 10 * np.log10(np.mean(self.clean[:320] ** 2)) - level, places=9)


class Breathing(unittest.TestCase):
    def test_noise_that_comes_back_with_speech(self):
        """Speech below 2 kHz, noise above: what is done to the noise under speech is known."""
        def low(x):
            spectrum = np.fft.rfft(x)
            spectrum[np.fft.rfftfreq(len(x), 1 / RATE) > 2000] = 0
            return np.fft.irfft(spectrum, len(x))
        clean = low(words(count=6))
        noise = white(len(clean))
        noise -= low(noise)
        gain = np.where((np.arange(len(clean)) // (RATE // 2)) % 2 == 0, 10 ** (-10 / 20), 10 ** (-30 / 20))
        row = artefacts.artefacts(clean + noise, clean + gain * noise, clean, RATE)
        self.assertAlmostEqual(row["reduction_under_speech_db"], 10, delta=1)
        self.assertAlmostEqual(row["breathing_db"], 20, delta=1.5)
        even = artefacts.artefacts(clean + noise, clean + 0.1 * noise, clean, RATE)
        self.assertAlmostEqual(even["breathing_db"], 0, delta=0.5)


class Floor(unittest.TestCase):
    def test_modulation_in_the_band_only(self):
        noise = white(8 * RATE)
        time = np.arange(len(noise)) / RATE
        def of(frequency):
            return artefacts.floor_modulation(noise * 10 ** (6 * np.sin(2 * np.pi * frequency * time) / 20), RATE)
        steady = artefacts.floor_modulation(noise, RATE)
        self.assertLess(steady, 0.6)
        self.assertAlmostEqual(of(8), 6 / np.sqrt(2), delta=0.6)
        self.assertLess(of(0.5), 1.0)

    def test_silence_has_no_floor(self):
        self.assertTrue(np.isnan(artefacts.floor_modulation(np.zeros(2 * RATE), RATE)))

    def test_short_tones_are_counted(self):
        clean = np.concatenate([words(count=2), np.zeros(4 * RATE)])
        pauses = artefacts.on_cells(artefacts.levels.activity(clean, RATE)[1], len(clean) // 160 + 1)
        noise = white(len(clean), 0.001)
        plain = artefacts.isolated_peaks(artefacts.cells(noise, RATE), pauses)
        for i in range(20):  # 30 ms tones on bin centres, far apart
            start = 3 * RATE + i * 2400
            noise[start:start + 480] += 0.01 * np.hanning(480) * np.sin(2 * np.pi * (1000 + 250 * i) / RATE * np.arange(480))
        musical = artefacts.isolated_peaks(artefacts.cells(noise, RATE), pauses)
        self.assertGreater(musical, 4 * max(plain, 0.5))


if __name__ == "__main__":
    unittest.main()
