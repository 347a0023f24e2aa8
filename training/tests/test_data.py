"""Corpora become the signals that are mixed: packing, targets without noise, made noises, distortions."""
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

from limpid_train import augment, distort, floors, noises
from limpid_train.corpus import Corpus
from limpid_train.mixing import Mixer
from limpid_train.rooms import RoomBank, write_bank
from limpid_train.validation import si_sdr


def small_cache(folder, speech=None):
    """A packed corpus of a few seconds of synthetic sound, so that no recording is needed."""
    rng = np.random.default_rng(0)
    time = np.arange(5 * 16000) / 16000
    if speech is None:
        speech = 8000 * np.sin(2 * np.pi * 200 * time) * (np.sin(2 * np.pi * 2 * time) > 0)
    arrays = {"speech": speech.astype(np.int16), "noise": rng.integers(-3000, 3000, 40000).astype(np.int16),
              "rir": (rng.standard_normal(4000) * np.exp(-np.arange(4000) / 600)).astype(np.float32)}
    index = {}
    for kind, array in arrays.items():
        array.tofile(Path(folder) / f"{kind}.bin")
        index[kind] = [{"path": kind, "source": "a", "speaker": "s", "split": "train", "start": 0,
                        "length": len(array)}]
    (Path(folder) / "index.json").write_text(json.dumps(index))
    rows = [f"{kind},{kind},a,s,,5,CC0,train" for kind in arrays]
    (Path(folder) / "manifest.csv").write_text("\n".join(["path,kind,source,speaker,language,seconds,licence,split", *rows]))
    write_bank(Path(folder) / "rooms", count=4, seed=1)


def buzz(pitch, harmonics, talking):
    """3 s of a voice: harmonics of a pitch [Hz] that wanders once a second, where sin(2 pi 1.4 t) exceeds `talking`."""
    time = np.arange(3 * 16000) / 16000
    cycles = np.cumsum(pitch * (1 + 0.2 * np.sin(2 * np.pi * time))) / 16000
    voice = sum(np.sin(2 * np.pi * k * cycles) / k for k in range(1, harmonics))
    return voice * (np.sin(2 * np.pi * 1.4 * time) > talking)


class Mixing(unittest.TestCase):
    def test_same_seed_same_batch(self):
        with tempfile.TemporaryDirectory() as folder:
            small_cache(folder)
            mixer = Mixer(Corpus(folder, folder, "train"), RoomBank(Path(folder) / "rooms"), 1.0)
            first, again = (mixer.batch(np.random.default_rng((1, 5)), 12) for _ in range(2))
        np.testing.assert_array_equal(first[0], again[0])
        np.testing.assert_array_equal(first[1], again[1])
        level = 10 * np.log10((first[0] ** 2).mean(1))
        self.assertEqual(first[0].shape, (12, 16000))
        self.assertTrue(np.all(level > -46) and np.all(level < -4.9))
        self.assertLessEqual(np.abs(first[0]).max(), 1.0)

    def test_target_of_a_room_is_its_early_part(self):
        response = np.zeros(4000, np.float32)
        response[[8, 400, 2000]] = 1, 0.5, 0.5
        speech = np.random.default_rng(0).standard_normal(8000).astype(np.float32)
        wet, early = augment.reverberate(speech, 0.5 * speech, response)
        early = 2 * early
        np.testing.assert_allclose(early[392:], speech[392:] + 0.5 * speech[:-392], atol=1e-5)
        np.testing.assert_allclose((wet - early)[1992:], 0.5 * speech[:-1992], atol=1e-5)


class QuietTargets(unittest.TestCase):
    """The noise of a recording is taken from what training aims at, and from nothing else."""

    def setUp(self):
        self.voice = (0.1 * buzz(150, 20, -0.3)).astype(np.float32)
        self.noise = (0.002 * np.random.default_rng(3).standard_normal(len(self.voice))).astype(np.float32)  # 35 dB lower
        self.pauses = np.sin(2 * np.pi * 1.4 * np.arange(len(self.voice)) / 16000) < -0.6

    def level(self, x):
        return 10 * np.log10(np.mean(x.astype(float) ** 2))

    def test_noise_goes_and_the_voice_stays(self):
        quiet = floors.without_floor(self.voice + self.noise)
        self.assertLess(self.level(quiet[self.pauses]), self.level(self.noise[self.pauses]) - 18)
        self.assertGreater(si_sdr(quiet, self.voice), si_sdr(self.voice + self.noise, self.voice) + 1)

    def test_without_noise_nothing_changes(self):
        self.assertGreater(si_sdr(floors.without_floor(self.voice), self.voice), 45)
        self.assertGreater(si_sdr(floors.without_floor(self.noise), self.noise), 20)  # no voice: not noise of a voice
        np.testing.assert_array_equal(floors.without_floor(np.zeros(9000, np.float32)), 0)

    def test_utterances_have_their_own_noise(self):
        gap = np.zeros(4000, np.float32)
        loud, soft = self.voice + self.noise, self.voice + 0.1 * self.noise
        self.assertEqual(len(list(floors.utterances(np.concatenate([loud, gap, soft])))), 2)
        both = floors.without_floor(np.concatenate([loud, gap, soft]))
        np.testing.assert_allclose(both[-len(soft):], floors.without_floor(soft), atol=2e-4)

    def test_a_corpus_holds_both(self):
        with tempfile.TemporaryDirectory() as folder:
            small_cache(folder, 32768 * (self.voice + self.noise))
            corpus = Corpus(folder, folder, "train")
            item = corpus.items["speech"][0]
            speech, quiet = (corpus.read(kind, item, 0, item["length"]) for kind in ("speech", "quiet"))
        self.assertAlmostEqual(self.level(speech[self.pauses]), self.level(self.noise[self.pauses]), delta=0.1)
        self.assertLess(self.level(quiet[self.pauses]), self.level(self.noise[self.pauses]) - 18)


class MadeNoises(unittest.TestCase):
    def test_they_sound_and_never_repeat(self):
        for make in (noises.coloured, noises.hum, noises.knocks, noises.clatter):
            for seed in range(5):
                noise = make(np.random.default_rng(seed), 8000)
                other = make(np.random.default_rng(seed + 100), 8000)
                self.assertEqual(noise.shape, (8000,))
                self.assertTrue(np.all(np.isfinite(noise)), make.__name__)
                self.assertGreater(noise.std(), 0)
                self.assertLess(abs(np.corrcoef(noise, other)[0, 1]), 0.5)

    def test_clatter_is_strokes_with_silence_between(self):
        quiet = []
        for seed in range(20):
            frames = noises.clatter(np.random.default_rng(seed), 32000).reshape(-1, 160)
            power = (frames ** 2).mean(1)
            quiet.append(np.mean(power < 1e-3 * power.max()))
            self.assertGreater(power.max(), 1e-6)
        self.assertGreater(np.median(quiet), 0.3)

    def test_rumble_lies_below_voices(self):
        for seed in range(5):
            noise = noises.rumble(np.random.default_rng(seed), 32000)
            power = np.abs(np.fft.rfft(noise)) ** 2
            self.assertEqual((noise.shape, noise.dtype), ((32000,), np.float32))
            self.assertGreater(power[:400].sum(), 0.9 * power.sum())        # 200 Hz

    def test_texture_keeps_the_spectrum_and_not_the_waveform(self):
        rng = np.random.default_rng(2)
        low = np.cumsum(rng.standard_normal(16000)).astype(np.float32)      # energy at low frequencies
        low -= low.mean()
        noise = noises.texture(rng, low)
        share = [np.sum(np.abs(np.fft.rfft(x)[:500]) ** 2) / np.sum(np.abs(np.fft.rfft(x)) ** 2) for x in (low, noise)]
        self.assertGreater(min(share), 0.9)
        self.assertLess(abs(np.corrcoef(low, noise)[0, 1]), 0.5)


class Distortions(unittest.TestCase):
    def setUp(self):
        self.x = (0.1 * np.random.default_rng(3).standard_normal(16000)).astype(np.float32)

    def snr(self, y):
        return 10 * np.log10(np.sum(self.x ** 2) / np.sum((y - self.x) ** 2))

    def test_they_harm_as_much_as_their_models(self):
        for distortion, low, high in ((distort.clip, 0, 60), (distort.companded, 15, 45), (distort.coded, 1, 30)):
            for seed in range(6):
                harm = self.snr(distortion(np.random.default_rng(seed), self.x))
                self.assertTrue(low < harm < high, f"{distortion.__name__}: {harm} dB")

    def test_gain_changes_by_at_most_15_db(self):
        for seed in range(20):
            gain = 20 * np.log10(distort.gain_change(np.random.default_rng(seed), 16000))
            self.assertLessEqual(np.abs(gain).max(), 15)
            self.assertGreater(np.ptp(gain), 0)


if __name__ == "__main__":
    unittest.main()
