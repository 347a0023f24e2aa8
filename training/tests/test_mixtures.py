"""What is drawn has the SNR, the target and the level that were drawn for it: for one microphone and for arrays."""
import contextlib
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

from limpid_train import array_mixing, arrays, mixing
from limpid_train.array_mixing import ArrayMixer
from limpid_train.array_rooms import ArrayBank
from limpid_train.augment import active_level
from limpid_train.corpus import Corpus
from limpid_train.mixing import Mixer
from limpid_train.rooms import RoomBank
from limpid_train.shoebox import RATE
from tests.test_array_mixing import small_array_cache


@contextlib.contextmanager
def always(module=mixing, **choices):
    """Every example is drawn with these outcomes: of a table of probabilities a key, of a share 0 or 1."""
    with contextlib.ExitStack() as stack:
        for name, choice in choices.items():
            table = getattr(module, name)
            if isinstance(table, dict):
                stack.enter_context(mock.patch.dict(table, {key: float(key == choice) for key in table}))
            else:
                stack.enter_context(mock.patch.object(module, name, choice))
        yield


def decibels(ratio):
    return 20 * np.log10(ratio)


def rms(x):
    return np.sqrt(np.mean(x.astype(np.float64) ** 2, axis=-1))


class Cached(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        small_array_cache(folder.name, 2)
        cls.corpus, cls.valid = (Corpus(folder.name, folder.name, split) for split in ("train", "valid"))
        cls.rooms, cls.arrays = RoomBank(Path(folder.name) / "rooms"), ArrayBank(Path(folder.name) / "arrays2")


class OneMicrophone(Cached):
    def setUp(self):
        self.mixer = Mixer(self.corpus, self.rooms, 1.0)

    def drawn(self, count=12, snr=None, **choices):
        """A batch without what changes noisy and target differently, unless `choices` say so."""
        choices = {"ROOMS": "none", "RUMBLE": 0, "NARROW": 0, "MOVING": 0, "DISTORTIONS": "none", **choices}
        snrs = mock.patch.object(Mixer, "_snr", lambda *_: snr) if snr is not None else contextlib.nullcontext()
        with always(**choices), snrs:
            return self.mixer.batch(np.random.default_rng(1), count)

    def test_noise_is_as_far_below_speech_as_was_drawn(self):
        for snr in (-5, 20):
            noisy, target = self.drawn(KINDS="mixture", snr=snr)
            found = [decibels(active_level(clean) / rms(mixed - clean)) for mixed, clean in zip(noisy, target)]
            np.testing.assert_allclose(found, snr, atol=0.3)

    def test_a_split_without_files_is_named(self):
        for kind, bank, missing in ((Mixer, self.rooms, "speech, noise, rir"), (ArrayMixer, self.arrays, "speech, noise")):
            with self.assertRaisesRegex(ValueError, f"no files of the split valid of the kind: {missing}$"):
                kind(self.valid, bank, 1.0)

    def test_snrs_cover_their_range(self):
        rng = np.random.default_rng(3)
        drawn = np.array([Mixer._snr(rng) for _ in range(2000)])
        self.assertTrue(-5 <= drawn.min() < -3 and 38 < drawn.max() <= 40)
        self.assertTrue(6 < np.median(drawn) < 12)

    def test_clean_speech_passes_as_it_is_without_its_room(self):
        for choices in ({}, {"ROOMS": "simulated"}, {"ROOMS": "measured"}, {"NARROW": 1}, {"MOVING": 1}, {"DISTORTIONS": "clip"}):
            noisy, target = self.drawn(4, KINDS="speech_only", **choices)
            np.testing.assert_array_equal(noisy, target, str(choices))
            self.assertTrue((rms(target) > 10 ** (-46 / 20)).all())

    def test_of_noise_alone_nothing_is_wanted(self):
        noisy, target = self.drawn(4, KINDS="noise_only")
        self.assertTrue((target == 0).all() and (rms(noisy) > 10 ** (-46 / 20)).all())

    def test_a_mixture_in_a_room_keeps_its_early_part_alone(self):
        noisy, target = self.drawn(KINDS="mixture", ROOMS="measured", snr=200)
        late = decibels(rms(target) / rms(noisy - target))
        self.assertTrue((late > -10).all() and (late < 30).all(), late)

    def test_target_and_mixture_are_changed_alike(self):
        for choices in ({"NARROW": 1}, {"MOVING": 1}):
            noisy, target = self.drawn(KINDS="mixture", snr=200, **choices)
            self.assertTrue((rms(noisy - target) < 1e-2 * rms(target)).all(), str(choices))

    def test_levels(self):
        level = decibels(rms(self.drawn(60, KINDS="mixture", snr=20)[0]))
        self.assertTrue(-45.1 < level.min() < -35 and -15 < level.max() < -4.9, level)


class EqualPaths:
    """A bank of one room without reflections, in whose middle everything reaches two microphones at once."""

    rooms = [{"mics": [[0, 0, 0], [0.05, 0, 0]], "sources": [{}] * 4}]

    def __len__(self):
        return 1

    def response(self, *_):
        return np.eye(1, arrays.LEAD + 10, arrays.LEAD, dtype=np.float32).repeat(2, 0)


class Arrays(Cached):
    def drawn(self, mixer, count, kind):
        with always(array_mixing, KINDS=kind):
            return mixer.batch(np.random.default_rng(2), count)

    def test_noise_is_as_far_below_speech_as_was_drawn(self):
        for snr in (-5, 20):
            with mock.patch.object(ArrayMixer, "_snr", lambda *_, snr=snr: snr):
                noisy, target = self.drawn(ArrayMixer(self.corpus, EqualPaths(), 1.0), 8, "mixture")
            found = [decibels(active_level(clean) / rms(mixed[0] - clean)) for mixed, clean in zip(noisy, target)]
            np.testing.assert_allclose(found, snr, atol=0.3)

    def test_the_target_is_the_direct_path_and_50_ms(self):
        mixer, at = ArrayMixer(self.corpus, self.arrays, 1.0), 2000
        click = np.eye(1, RATE, at, dtype=np.float32).repeat(2, 0)
        with mock.patch.object(ArrayMixer, "_speech", lambda *_: click.copy()):
            noisy, target = self.drawn(mixer, 6, "speech_only")
        peak, late = np.abs(target).max(1), slice(at + arrays.EARLY_SAMPLES, at + 4000)
        self.assertEqual(set(np.abs(target).argmax(1)), {at})
        self.assertTrue((np.abs(target[:, late]).max(1) < 1e-5 * peak).all())
        self.assertTrue((np.abs(noisy[:, 0, late]).max(1) > 1e-2 * peak).all())
        early = np.abs(noisy[:, 0] - target)[:, : late.start].max(1)
        self.assertTrue((early < 1e-2 * peak).all(), early / peak)

    def test_of_noise_alone_nothing_is_wanted_and_levels_are_any(self):
        mixer = ArrayMixer(self.corpus, EqualPaths(), 0.5)
        noisy, target = self.drawn(mixer, 40, "noise_only")
        level = decibels(rms(noisy[:, 0]))
        self.assertTrue((target == 0).all())
        self.assertTrue(-40.1 < level.min() < -33 and -17 < level.max() < -9.9, level)

    def test_some_recordings_have_one_channel_twice(self):
        mixer, rng = ArrayMixer(self.corpus, self.arrays, 0.1), np.random.default_rng(5)
        alike = [bool((noisy == noisy[:1]).all()) for noisy, _ in (mixer.example(rng) for _ in range(400))]
        self.assertTrue(0.03 < np.mean(alike) < 0.10, np.mean(alike))
        with always(array_mixing, ALIKE=1.0):
            noisy, target = self.drawn(mixer, 4, "speech_only")
        np.testing.assert_array_equal(noisy[:, 0], noisy[:, 1])
        self.assertGreater(np.abs(target).max(), 0)

    def test_snrs_cover_their_range(self):
        rng = np.random.default_rng(3)
        drawn = np.array([ArrayMixer._snr(rng) for _ in range(2000)])
        self.assertTrue(-5 <= drawn.min() < -4 and 18 < drawn.max() <= 20)


if __name__ == "__main__":
    unittest.main()
