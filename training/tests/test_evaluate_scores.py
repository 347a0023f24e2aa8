"""Scores of signals for which they can be worked out."""
import unittest

import numpy as np

from limpid_train import bands, levels
from limpid_train.onset import onset, reduction_curve
from limpid_train.scores import levels_of, mean_rows, score
from tests.signals import RATE, white, words

SIX = 20 * np.log10(2)


class Levels(unittest.TestCase):
    def test_active_level_leaves_pauses_out(self):
        clean = words()
        speech = np.concatenate([clean[i * RATE:i * RATE + RATE // 2] for i in range(4)])
        found = levels.active_level(levels.frame_powers(clean, RATE))
        self.assertAlmostEqual(found, 10 * np.log10(np.mean(speech ** 2)), places=6)

    def test_halved_speech_is_six_decibels_lower(self):
        clean = words()
        row = levels_of(clean, 0.5 * clean, clean, RATE)
        self.assertAlmostEqual(row["level_change_db"], -SIX, places=9)

    def test_what_happens_in_pauses_leaves_the_speech_level_alone(self):
        clean = words()
        output = clean + np.where(clean == 0, white(len(clean)), 0)
        self.assertAlmostEqual(levels_of(clean, output, clean, RATE)["level_change_db"], 0, places=9)

    def test_reduction_in_pauses_is_exact(self):
        clean = words()
        noise = white(len(clean))
        self.assertAlmostEqual(levels_of(clean + noise, clean + 0.1 * noise, clean, RATE)["pause_reduction_db"], 20, places=9)

    def test_pauses_of_a_recording_with_a_floor(self):
        clean = words(silence=0.1 * 10 ** (-28 / 20))  # 28 dB below speech: above -40 dB, but the recording's floor
        active, pauses = levels.activity(clean, RATE)
        # 25 frames of speech a second; of 25 in a pause two at either end are guard, at the signal's end none
        self.assertEqual(active.sum(), 100)
        self.assertEqual(pauses.sum(), 3 * 21 + 23)
        self.assertFalse((active & pauses).any())

    def test_continuous_speech_has_no_pauses(self):
        clean = white(RATE)
        self.assertFalse(levels.activity(clean, RATE)[1].any())
        self.assertTrue(np.isnan(levels_of(clean, clean, clean, RATE)["pause_reduction_db"]))

    def test_silence_has_no_speech(self):
        active, pauses = levels.activity(np.zeros(RATE), RATE)
        self.assertFalse(active.any())
        self.assertTrue(pauses.all())

    def test_a_drop_to_digital_silence_is_finite(self):
        self.assertAlmostEqual(levels.level_drop(np.ones(100), np.zeros(100)), 150)


class Highs(unittest.TestCase):
    rate = 48000

    def split(self, signal):
        """Below and above 8 kHz, by a transform of the whole signal."""
        spectrum = np.fft.rfft(signal)
        spectrum[np.fft.rfftfreq(len(signal), 1 / self.rate) >= bands.EDGE] = 0
        low = np.fft.irfft(spectrum, len(signal))
        return low, signal - low

    def test_only_the_highs_count(self):
        clean = words(self.rate)
        low, high = self.split(clean)
        row = bands.highs(clean, low + 0.5 * high, clean, self.rate)
        self.assertAlmostEqual(row["highs_change_db"], -SIX, delta=0.05)  # windows leak a little across the edge
        self.assertAlmostEqual(bands.highs(clean, 0.5 * low + high, clean, self.rate)["highs_change_db"], 0, delta=0.05)

    def test_noise_in_the_highs_of_pauses(self):
        clean = words(self.rate)
        low, high = self.split(white(len(clean)))
        row = bands.highs(clean + low + high, clean + low + 0.1 * high, clean, self.rate)
        self.assertAlmostEqual(row["highs_reduction_db"], 20, delta=0.2)
        self.assertAlmostEqual(bands.highs(clean + high, clean + 0.1 * high, clean, self.rate)["highs_reduction_db"], 20,
                               delta=0.05)

    def test_there_are_none_at_16_khz(self):
        self.assertEqual(bands.highs(words(), words(), words(), RATE), {})


class Onset(unittest.TestCase):
    def test_a_gate_that_closes_at_half_a_second(self):
        noise = white(3 * RATE)
        output = noise * np.where(np.arange(len(noise)) < RATE // 2, 1, 0.01)
        row = onset(noise, output, RATE)
        self.assertAlmostEqual(row["seconds_to_30db"], 0.6, delta=0.005)
        self.assertAlmostEqual(row["reduction_within_1s_db"], 10 * np.log10(2), delta=0.1)
        self.assertAlmostEqual(row["reduction_at_1s_db"], 40, places=6)
        self.assertAlmostEqual(row["reduction_after_1s_db"], 40, places=6)

    def test_never(self):
        noise = white(2 * RATE)
        row = onset(noise, 0.1 * noise, RATE)
        self.assertTrue(np.isnan(row["seconds_to_30db"]))
        self.assertAlmostEqual(row["reduction_within_1s_db"], 20, places=9)
        np.testing.assert_allclose(reduction_curve(noise, 0.1 * noise, RATE), 20, atol=1e-6)

    def test_shorter_than_a_second(self):
        noise = white(RATE // 2)
        row = onset(noise, 0.01 * noise, RATE)
        self.assertAlmostEqual(row["seconds_to_30db"], 0.1)
        self.assertTrue(np.isnan(row["reduction_after_1s_db"]))


class Score(unittest.TestCase):
    def test_what_lies_below_voices_can_be_left_out(self):
        clean = words()
        rumble = np.sin(2 * np.pi * 20 * np.arange(len(clean)) / RATE) * clean.std() * np.sqrt(2)
        row = score(clean, clean, clean + rumble, RATE)
        self.assertAlmostEqual(row["si_sdr"], 0, delta=0.3)
        self.assertGreater(row["si_sdr_50"], 60)

    def test_known_si_sdr(self):
        clean = words()
        noise = white(len(clean))
        clean, noise = clean - clean.mean(), noise - noise.mean()
        noise -= clean * (noise @ clean) / (clean @ clean)
        noise *= np.sqrt((clean @ clean) / (noise @ noise)) * 10 ** (-12 / 20)
        self.assertAlmostEqual(score(clean + noise, 3 * (clean + noise), clean, RATE)["si_sdr"], 12, places=6)

    def test_means_leave_out_what_is_not_there(self):
        nan = float("nan")
        self.assertEqual(mean_rows([{"a": 1.0, "b": nan, "c": nan}, {"a": 2.0, "b": 4.0, "c": nan}]), {"a": 1.5, "b": 4.0})


if __name__ == "__main__":
    unittest.main()
