"""The losses rank estimates the right way round, and every part of their sum has the value that a hand-made example says."""
import contextlib
import unittest

import numpy as np
import torch

from limpid_train import losses, plot
from limpid_train.loudness import Loudness
from limpid_train.spectrum import Stft
from limpid_train.validation import si_sdr
from make_test_vectors import TINY
from tests.test_data import buzz


class Given:
    """A network that makes a given waveform of anything, with given masks and logits of speech."""

    def __init__(self, waveform, masks=None, voice=None):
        self.stft, self.waveform, self.masks, self.voice = Stft(TINY), waveform, masks, voice

    def estimate(self, _):
        return self.stft(self.waveform), self.masks, self.voice


class Losses(unittest.TestCase):
    def test_better_estimates_cost_less(self):
        torch.manual_seed(0)
        target, noise = torch.randn(2, 4000), torch.randn(2, 4000)
        worse, better = target + noise, target + 0.3 * noise
        for loss in (lambda e: losses.snr_loss(e, target, worse).mean(),
                     lambda e: losses.si_snr_loss(e, target).mean()):
            self.assertLess(float(loss(better)), float(loss(worse)))

    def test_silence_is_the_aim_for_noise_alone(self):
        noise = torch.randn(1, 4000)
        nothing = torch.zeros_like(noise)
        quiet, loud = (float(losses.snr_loss(noise * gain, nothing, noise)) for gain in (0.05, 0.5))
        self.assertLess(quiet, loud - 10)

    def test_taking_speech_away_costs_more_than_leaving_noise(self):
        torch.manual_seed(0)
        noisy, target = (torch.randn(1, 5, 7, dtype=torch.complex64) for _ in range(2))
        spectral, lost = losses.spectrum_losses(0.5 * target, target, noisy)
        _, nothing_lost = losses.spectrum_losses(2 * target, target, noisy)
        self.assertGreater(float(lost), 0.01)
        self.assertEqual(float(nothing_lost), 0)
        self.assertEqual(float(sum(losses.spectrum_losses(target, target, noisy))), 0)

    def test_loudness_follows_pesq(self):
        try:
            from pesq import pesq
        except ImportError:
            self.skipTest("pesq is not installed")
        rng, voice = np.random.default_rng(8), buzz(140, 30, -0.4)
        worse = [voice + gain * rng.standard_normal(len(voice)) for gain in (0.001, 0.01, 0.03, 0.1, 0.3)]
        worse.append(np.convolve(voice, [1, 0.9, 0.8], "same"))
        opinions = [pesq(16000, voice, x, "wb") for x in worse]
        cost = Loudness()(*(torch.tensor(np.array(x), dtype=torch.float32) for x in (worse, [voice] * len(worse))))
        self.assertLess(np.corrcoef(opinions, cost)[0, 1], -0.9)

    def test_loudness_of_equal_and_of_silent_signals(self):
        x = torch.tensor(np.random.default_rng(9).standard_normal((2, 16000)), dtype=torch.float32)
        costs = Loudness()(torch.cat([x, 0.01 * x]), torch.cat([x, x]))
        self.assertLess(float(costs.abs().max()), 0.01)
        x.requires_grad_()
        silent = Loudness()(torch.cat([x, 0 * x]), torch.cat([0 * x, x]).detach())
        silent.sum().backward()
        self.assertTrue(bool(x.grad.isfinite().all()) and bool(silent.isfinite().all()))

    def test_speech_is_where_the_target_sounds(self):
        target = torch.zeros(2, 4, 40, dtype=torch.complex64)
        target[0, :, 10:20] = 0.1
        target[0, :, 20:] = 1e-4                                            # 60 dB down is a pause
        active = losses.speech_frames(target)
        np.testing.assert_array_equal(active[0].numpy(), [float(8 <= t < 22) for t in range(40)])
        self.assertEqual(float(active[1].sum()), 0)

    def test_si_sdr_ignores_scale(self):
        rng = np.random.default_rng(0)
        target, noise = rng.standard_normal((2, 16000))
        self.assertAlmostEqual(float(si_sdr(3 * (target + 0.1 * noise), target)), 20, delta=0.3)


class Parts(unittest.TestCase):
    """Of total_loss, in a batch of half a second of a voice in noise and of noise alone."""

    def setUp(self):
        rng, voice = np.random.default_rng(2), 0.1 * buzz(140, 30, -0.4)[4000:12000]
        noise = 0.02 * rng.standard_normal((2, len(voice)))
        self.target = torch.tensor(np.stack([voice, 0 * voice]), dtype=torch.float32)
        self.noise = torch.tensor(noise, dtype=torch.float32)
        self.noisy = self.target + self.noise

    def part(self, name, network, count=2):
        """The part's value in the first `count` examples; alone, it is the whole sum, with its weight."""
        weighted, parts = losses.total_loss(network, self.noisy[:count], self.target[:count], {name: 3.0}, contextlib.nullcontext())
        self.assertAlmostEqual(float(weighted), 3 * float(parts[name]), places=4)
        return float(parts[name])

    def of_waveform(self, name, waveform, count=2):
        return self.part(name, Given(waveform[:count]), count)

    def test_a_perfect_estimate_costs_what_the_limits_say(self):
        self.assertAlmostEqual(self.of_waveform("snr", self.target), (-30 - 40) / 2, places=2)
        self.assertAlmostEqual(self.of_waveform("si_snr", self.target, 1), -30, places=2)
        for name in ("spectrum", "lost", "loudness"):
            self.assertAlmostEqual(self.of_waveform(name, self.target), 0, delta=1e-3, msg=name)

    def test_an_error_of_20_db(self):
        gain = 0.1 * self.target[0].norm() / self.noise[0].norm()
        estimate = self.target[:1] + gain * self.noise[:1]
        self.assertAlmostEqual(self.of_waveform("snr", estimate, 1), 10 * np.log10(0.01 + losses.FLOOR), places=2)
        self.assertAlmostEqual(self.of_waveform("si_snr", 5 * estimate, 1), 10 * np.log10(0.01 + losses.FLOOR), delta=0.1)

    def test_taking_speech_away_is_lost_and_leaving_noise_is_not(self):
        half, all_of_it = (self.of_waveform("lost", gain * self.target, 1) for gain in (0.5, 0))
        self.assertTrue(0.001 < half < all_of_it)
        self.assertLess(self.of_waveform("lost", 2 * self.target, 1), 1e-6)

    def test_nothing_of_speech_is_asked_where_there_is_none(self):
        loud = torch.stack([self.target[0], self.noise[1]])
        for name in ("si_snr", "loudness"):
            self.assertAlmostEqual(self.of_waveform(name, loud), self.of_waveform(name, self.target, 1) / 2, places=3, msg=name)

    def test_worse_estimates_cost_more(self):
        for name in ("snr", "si_snr", "spectrum", "loudness"):
            costs = [self.of_waveform(name, self.target + gain * self.noise) for gain in (0, 0.1, 0.5, 1)]
            self.assertEqual(costs, sorted(costs), name)
            self.assertGreater(costs[-1], costs[0] + 0.01, name)

    def test_the_mask_that_makes_the_target_costs_nothing(self):
        stft = Stft(TINY)
        ideal = stft(0.5 * self.noisy) / (stft(self.noisy) + 1e-12)
        self.target = 0.5 * self.noisy
        costs = [self.part("mask", Given(self.target, masks=mask[:, None])) for mask in (ideal, 0.5 * ideal, -ideal)]
        np.testing.assert_allclose(costs, [0, 0.0625, 1], atol=0.01)

    def test_voice_is_there_where_the_target_is(self):
        speech = 2 * losses.speech_frames(Stft(TINY)(self.target)) - 1
        self.assertTrue((speech[0] > 0).any() and (speech[1] < 0).all())
        right, unsure, wrong = (self.part("voice", Given(self.target, voice=logit * speech)) for logit in (9, 0, -9))
        np.testing.assert_allclose([right, unsure, wrong], [0, np.log(2), 9], atol=1e-3)

    def test_a_teacher_is_a_second_target(self):
        said = 0.3 * self.target + 0.3 * self.noise

        def cost(estimate):
            return float(losses.total_loss(Given(estimate), self.noisy, self.target, {"teacher": 1.0},
                                           contextlib.nullcontext(), Given(said))[0])
        self.assertEqual(cost(said), 0)
        self.assertGreater(cost(self.target), 0.01)

    def test_all_parts_are_in_the_curves(self):
        everything = Given(self.target, masks=Stft(TINY)(self.noisy)[:, None], voice=losses.speech_frames(Stft(TINY)(self.target)))
        weights = dict.fromkeys(("mask", "loudness", "si_snr"), 1.0)
        parts = losses.total_loss(everything, self.noisy, self.target, weights, contextlib.nullcontext(), everything)[1]
        self.assertGreaterEqual({name for panel in plot.PANELS for name in panel}, set(parts))


if __name__ == "__main__":
    unittest.main()
