"""What networks for arrays are trained on: a bank of rooms as geometry says, mixtures that repeat, a run that resumes."""
import tempfile
import unittest
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from limpid_train import array_mixing, array_rooms, arrays, rooms, shoebox, weights
from limpid_train.array_mixing import ArrayMixer, decimate, spread
from limpid_train.array_rooms import ArrayBank
from limpid_train.corpus import Corpus
from limpid_train.deftan2 import Deftan2
from limpid_train.export import export
from limpid_train.fewer_microphones import of_microphones
from limpid_train.longconv import LongConv
from limpid_train.shoebox import BANDS, RATE
from limpid_train.weights import load_network
from make_test_vectors import ARRAY_CAUSAL, LONGCONV_ARRAY, array_signal, randomise_array
from tests.test_data import small_cache
from tests.test_rooms import reverberation_time
from tests.test_train import steps

CONFIG = {"name": "tiny", "summary": "for tests",
          "network": {**ARRAY_CAUSAL, "microphones": 2, "layers": 1, "input": "relative", "compression": 0.5},
          "training": {"seed": 1, "seconds": 0.15, "batch": 2, "bfloat16": False, "lr": 1e-3, "final_lr": 1e-5,
                       "warmup": 2, "weight_decay": 0.01, "clip": 5.0, "ema": 0.9,
                       "losses": {"snr": 0.5, "spectrum": 2.0}, "log_every": 2, "validate_every": 100}}


def small_array_cache(folder, mics):
    small_cache(folder)
    rooms.write_bank(Path(folder) / f"arrays{mics}", 4, 1, make=partial(array_rooms.make_room, mics))


class Rooms(unittest.TestCase):
    def test_decay_at_every_microphone_is_the_one_asked_for(self):
        rng = np.random.default_rng(1)
        for decay in (0.2, 0.6, 1.2):
            room = shoebox.random_room(rng, decay, decay * 1.0001, width=(3, 10))
            room = shoebox.Room(room.size, np.full(len(BANDS), decay), room.walls)
            centre = rooms.position(rng, room, arrays.CLEARANCE)
            talker = rooms.target_position(rng, room, centre, 0.5, 3.0)
            _, wet = arrays.responses(room, talker, centre + arrays.circular(4, 0.05), 0, rng)
            measured = np.array([reverberation_time(response, -5, -35) for response in wet])
            self.assertLess(np.max(np.abs(measured / decay - 1)), 0.10, f"{decay} s: {measured}")

    def test_bank(self):
        with tempfile.TemporaryDirectory() as folder:
            rooms.write_bank(folder, 3, 5, make=partial(array_rooms.make_room, 4))
            bank = ArrayBank(folder)
            for index, about in enumerate(bank.rooms):
                self.assertEqual(len(about["sources"]), array_rooms.TALKERS + array_rooms.NOISES)
                for source in range(len(about["sources"])):
                    response = bank.response(index, source)
                    self.assertEqual(response.shape[0], 4)
                    self.assertLess(np.abs(response[0, :arrays.LEAD - 20]).max(), 0.02)      # nothing is earlier
                    self.assertGreater(response[0, arrays.LEAD], 0.7)
                made = array_rooms.make_room(4, (5, index))[1]
                np.testing.assert_array_equal(bank.response(index, 1), made[1].astype(np.float32))


class Devices(unittest.TestCase):
    def test_built_arrays_differ_a_little_in_shape_and_gain(self):
        layout, rng = arrays.circular(4, 0.05), np.random.default_rng(2)
        made = [arrays.built(rng, layout, spread=0.002, gain_db=1.0) for _ in range(400)]
        sides = np.array([np.linalg.norm(places[1] - places[0]) for places, _ in made])
        self.assertAlmostEqual(sides.mean(), 0.05 * np.sqrt(2), delta=0.001)
        self.assertAlmostEqual(sides.std(), 0.002 * np.sqrt(2), delta=0.0005)
        gains = 20 * np.log10([gain for _, gain in made])
        self.assertAlmostEqual(gains.std(), 1.0, delta=0.1)
        angles = [np.arctan2(*(places[0] - places[2])[1::-1]) for places, _ in made]
        self.assertLess(np.abs(np.mean(np.exp(1j * np.array(angles)))), 0.15)                # turned by any angle

    def test_unlike_microphones_differ_as_much_as_was_asked_for(self):
        size = 512
        made = np.stack([arrays.unlike(np.random.default_rng(seed), 3, size, 2.0, 1.0, 0.2) for seed in range(800)])
        np.testing.assert_array_equal(made[:, 0], 1)
        decibels = 20 * np.log10(np.abs(made[:, 1:]))
        gains = decibels.mean(-1)
        self.assertAlmostEqual(gains.std(), 2.0, delta=0.15)
        self.assertAlmostEqual((decibels - gains[..., None]).std(), 1.0, delta=0.1)
        still = np.stack([arrays.unlike(np.random.default_rng(seed), 2, size, 0.0, 0.0, 0.2)[1] for seed in range(800)])
        delays = -np.angle(still[:, 64]) / (2 * np.pi * 64 / size)
        self.assertAlmostEqual(delays.std(), 0.2, delta=0.02)

    def test_a_microphone_answers_after_it_has_heard(self):
        size = 512
        answer = np.fft.irfft(arrays.unlike(np.random.default_rng(1), 8, size, 2.0, 3.0, 0.0))
        self.assertLess(np.abs(answer[:, size // 2:]).max(), 1e-6)
        self.assertLess(np.abs(answer[:, array_mixing.FADING: size // 2]).max(), 1e-4)
        self.assertGreater(np.abs(answer[:, 0]).min(), 0.3)

    def test_a_moving_level_stays_within_its_depth(self):
        gain = 20 * np.log10(arrays.moving_level(np.random.default_rng(3), 10 * RATE, 8.0))
        self.assertTrue(gain.max() <= 1e-9 and gain.min() >= -8)
        self.assertGreater(np.ptp(gain), 4)
        self.assertLess(np.abs(np.diff(gain)).max() * RATE, 8.01)                            # dB a second


class Mixing(unittest.TestCase):
    def test_repeatable_and_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            small_array_cache(folder, 2)
            corpus, bank = Corpus(folder, folder, "train"), ArrayBank(Path(folder) / "arrays2")
            mixer, halved = (ArrayMixer(corpus, bank, 1.0, half) for half in (False, True))
            one, two = (mixer.batch(np.random.default_rng((1, 2)), 8) for _ in range(2))
            half = halved.batch(np.random.default_rng((1, 2)), 8)
            with mock.patch.dict(array_mixing.KINDS, {"mixture": 0, "speech_only": 0, "noise_only": 1}):
                quiet = mixer.batch(np.random.default_rng(3), 2)
        for mine, other, low in zip(one, two, half):
            np.testing.assert_array_equal(mine, other)
            np.testing.assert_array_equal(low, decimate(mine))
        self.assertEqual((one[0].shape, one[1].shape, one[0].dtype), ((8, 2, RATE), (8, RATE), np.float32))
        self.assertLess(np.abs(one[0]).max(), 1)
        self.assertTrue((np.abs(one[0]).max((1, 2)) > 0).all())
        self.assertTrue((quiet[1] == 0).all() and (np.abs(quiet[0]).max((1, 2)) > 0).all())

    def test_the_direct_path_is_where_the_signal_had_it(self):
        signal, response = np.random.default_rng(1).standard_normal(500), np.zeros((2, 100))
        response[0, arrays.LEAD], response[1, arrays.LEAD + 3] = 1, 0.5
        result = spread(signal, response, 500)
        np.testing.assert_allclose(result[0], signal, atol=1e-12)
        np.testing.assert_allclose(result[1, 3:], 0.5 * signal[:-3], atol=1e-12)

    def test_decimation_keeps_what_is_below_four_kilohertz(self):
        time = np.arange(RATE) / RATE
        low, high = (np.sin(2 * np.pi * f * time) for f in (1000, 5000))
        np.testing.assert_allclose(decimate(low + high), low[::2], atol=1e-6)


class FewerMicrophones(unittest.TestCase):
    def test_computes_what_the_larger_one_does_when_the_others_are_silent(self):
        config = {**ARRAY_CAUSAL, "microphones": 4, "input": "relative", "compression": 0.5}
        network = randomise_array(Deftan2(config), 5)
        with torch.no_grad():                                               # nothing of the dropped ones is filtered
            network.stft.inverse, network._level = lambda spectrum, _: spectrum, lambda spectrum: torch.ones(1, 1, 1)
            tensors = weights.tensors_of(network.state_dict())
            fewer = weights.build(*reversed(of_microphones(tensors, config, [0, 2])))
            fewer.stft.inverse, fewer._level = network.stft.inverse, network._level
            x = torch.as_tensor(array_signal(2))[None, :, :4000]
            quiet = torch.stack([x[:, 0], 0 * x[:, 0], x[:, 1], 0 * x[:, 0]], 1)
            # the stage between the two convolutions mixes planes of all microphones: cut what comes from the others
            for stage in network.down_conv[1].blocks:
                conv = stage._modules["0"]
                for part in range(0, conv.weight.shape[1], 8):
                    conv.weight[:, part + 2: part + 4] = 0
                    conv.weight[:, part + 6: part + 8] = 0
            torch.testing.assert_close(fewer(x), network(quiet), rtol=1e-4, atol=1e-5)

    def test_longconv_does_what_the_larger_one_does_without_what_the_others_bring(self):
        config = {**LONGCONV_ARRAY, "microphones": 4, "other_taps": 2}
        network = randomise_array(LongConv(config), 5)
        taps, deep = config["taps"], config["other_taps"]
        with torch.no_grad():                                               # cut what comes of microphones 1 and 3
            for split, masks, width in zip(network.split, network.masks_of, config["bands"]):
                for mic in (1, 3):
                    split.weight[:, 4 * mic * width: 4 * (mic + 1) * width] = 0
                    for part in (0, 1):
                        first = (2 * taps + (3 * part + mic - 1) * deep) * width
                        masks.weight[first: first + deep * width] = masks.bias[first: first + deep * width] = 0
            fewer = weights.build(*reversed(of_microphones(weights.tensors_of(network.state_dict()), config, [0, 2])))
            x = torch.as_tensor(array_signal(4))[None, :, :4000]
            result = fewer(x[:, [0, 2]])
        self.assertGreater(result.abs().max(), 1e-3)
        torch.testing.assert_close(result, network(x), rtol=1e-4, atol=1e-5)

    def test_refuses_what_it_cannot_do(self):
        for keep, config in (([1, 0], ARRAY_CAUSAL), ([0, 3], ARRAY_CAUSAL), ([0, -1], ARRAY_CAUSAL), ([0], {**ARRAY_CAUSAL, "output": "mapping"})):
            with self.assertRaises(ValueError):
                of_microphones({}, config, keep)


class Training(unittest.TestCase):
    def test_resumed_equals_uninterrupted(self):
        with tempfile.TemporaryDirectory() as folder:
            cache, whole, parts = (Path(folder) / name for name in ("cache", "whole", "parts"))
            cache.mkdir()
            small_array_cache(cache, 2)
            expected = steps(whole, cache, 2, config=CONFIG)["average"]
            steps(parts, cache, 1, config=CONFIG)
            resumed = steps(parts, cache, 2, config=CONFIG)["average"]
            card = export(parts, parts / "model.safetensors")
            shipped = load_network(parts / "model.safetensors").state_dict()
        self.assertEqual(card["steps"], 2)
        for name, value in expected.items():
            torch.testing.assert_close(resumed[name], value, rtol=0, atol=0, msg=name)
            torch.testing.assert_close(shipped[name], value, rtol=0, atol=0, msg=name)


if __name__ == "__main__":
    unittest.main()
