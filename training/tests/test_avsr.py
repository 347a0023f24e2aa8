"""The recogniser: fusion, features, causality, and that it can learn."""
import tempfile
import unittest
from argparse import Namespace
from itertools import groupby
from pathlib import Path

import numpy as np
import soundfile
import torch

from limpid_train.avsr.digits import HOP, NOBODY, RATE, UNHEARD, examples, mixed, split, spoken
from limpid_train.avsr.features import LIP_SIZE, log_mel, synthetic_lips
from limpid_train.avsr.fusion import compress_average, compress_stack, recognition_layout
from limpid_train.avsr.model import DEFAULT, Avsr
from limpid_train.avsr.score import earlier, edits
from limpid_train.avsr.train import pool, word_loss

SMALL = {**DEFAULT, "bands": 8, "encoder": 8, "lip_encoder": 6, "projector": 12, "width": 16, "heads": 2, "layers": 2,
         "hidden": 24, "words": ["a", "b", "c"]}


class Fusion(unittest.TestCase):
    def test_incomplete_groups_are_dropped(self):
        x = torch.arange(101 * 2.0).view(1, 101, 2)
        self.assertEqual(compress_average(x, 5).shape, (1, 20, 2))
        self.assertEqual(compress_stack(x, 5).shape, (1, 20, 10))
        torch.testing.assert_close(compress_average(x, 5)[0, 3], x[0, 15:20].mean(0))
        torch.testing.assert_close(compress_stack(x, 5)[0, 3], x[0, 15:20].flatten())

    def test_layouts(self):
        tokens = recognition_layout(101, 25, 5, 1)
        self.assertEqual([t.kind for t in tokens[:4]], ["<bos>", "<audio>", "audio", "audio"])
        self.assertEqual(len(tokens), 1 + 2 + 20 + 2 + 25 + 1)


class Features(unittest.TestCase):
    def test_neither_level_nor_delay_of_silence(self):
        audio = torch.randn(2, 4037)
        mel = log_mel(audio)
        self.assertEqual(mel.shape, (2, 50, 32))
        torch.testing.assert_close(log_mel(20 * audio), mel, atol=1e-3, rtol=0)
        self.assertTrue(torch.isfinite(log_mel(torch.zeros(1, 800))).all())
        self.assertEqual(synthetic_lips(audio).shape, (2, 12, LIP_SIZE))


class Digits(unittest.TestCase):
    """Without the data set: digit d of a voice is a tone of its own."""

    def setUp(self):
        time = np.arange(3200) / RATE
        self.items = [(d, voice, index, np.sin(2 * np.pi * (300 + 200 * d) * time).astype(np.float32))
                      for d in range(10) for voice in ("a", UNHEARD) for index in (0, 7)]

    def test_no_recording_is_in_two_parts(self):
        parts = [split(self.items, part) for part in ("train", "test", "unheard")]
        self.assertEqual(sum(map(len, parts)), len(self.items))
        self.assertTrue(all(voice != UNHEARD and index >= 5 for _, voice, index, _ in parts[0]))
        self.assertTrue(all(voice != UNHEARD and index < 5 for _, voice, index, _ in parts[1]))

    def test_frames_are_labelled_with_what_is_said(self):
        for vary in (False, True):
            audio, digits, said = spoken(np.random.default_rng(4), self.items, 240 * HOP, 4, vary)
            self.assertEqual([d for d, _ in groupby(said[said != NOBODY])], [d for d, _ in groupby(digits)])
            loud = np.abs(audio.reshape(-1, HOP)).max(1) > 1e-3
            self.assertLessEqual(np.sum(loud != (said != NOBODY)), 3 * len(digits))

    def test_noise_is_as_loud_as_asked(self):
        rng = np.random.default_rng(5)
        clean = spoken(rng, self.items, 240 * HOP, 4, False)[0]
        noise = mixed(rng, clean, [rng.standard_normal(30000).astype(np.float32)], 5.0) - clean
        found = 10 * np.log10(np.mean(clean[np.abs(clean) > 1e-6] ** 2) / np.mean(noise ** 2))
        self.assertAlmostEqual(found, 5.0, places=3)

    def test_batches(self):
        noise = [np.random.default_rng(6).standard_normal(20000).astype(np.float32)]
        audio, lips, words, said = examples(np.random.default_rng(7), self.items, noise, 3, (112, 2), (-5.0, 5.0), True)
        self.assertEqual((audio.shape, lips.shape, len(words), said.shape), ((3, 112, 32), (3, 28, 4), 3, (3, 112)))

    def test_recordings_that_are_all_too_long_are_refused(self):
        with self.assertRaisesRegex(ValueError, r"none fits into 0\.30 s; the shortest has 0\.40 s"):
            examples(np.random.default_rng(7), self.items, [np.ones(20000, np.float32)], 3, (30, 2), 5.0, False)

    def test_a_pool_serves_its_own_options_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for digit, voice, index, audio in self.items:
                soundfile.write(folder / f"{digit}_{voice}_{index}.wav", audio, RATE)
            soundfile.write(folder / "hiss.wav", np.random.default_rng(8).uniform(-0.1, 0.1, 32000), 16000)
            (folder / "manifest.csv").write_text("path,kind,split,seconds\nhiss.wav,noise,train,2\n", encoding="utf-8")
            options = Namespace(digits=folder, corpus=folder, output=folder, pool=260)
            first, again = pool(options), pool(options)
            self.assertEqual([len(words) for _, _, words, _ in first], [260, 260, 260])
            self.assertTrue(torch.equal(first[0][0], again[0][0]))
            for other in ({"pool": 500}, {"digits": folder.parent}):
                with self.assertRaisesRegex(ValueError, "another --output"):
                    pool(Namespace(**{**vars(options), **other}))


class Scores(unittest.TestCase):
    def test_those_of_other_tests_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            options = Namespace(output=Path(folder) / "scores.json")
            self.assertEqual(earlier(options, {"count": 80}), {})
            options.output.write_text('{"softmax-1": {"wer": [], "tests": {"count": 80}}}', encoding="utf-8")
            self.assertEqual(list(earlier(options, {"count": 80})), ["softmax-1"])
            with self.assertRaisesRegex(ValueError, "softmax-1 was scored on .*80.*, where .*20.* is asked for"):
                earlier(options, {"count": 20})


class Network(unittest.TestCase):
    def test_words_see_no_later_words(self):
        torch.manual_seed(1)
        for kind in ("softmax", "sink_logit", "sigmoid"):
            model = Avsr({**SMALL, "attention": kind, "gate": kind == "softmax"}).eval()
            audio, lips = torch.randn(1, 33, 8), torch.randn(1, 8, 4)
            first = model(torch.tensor([[0, 1, 2]]), audio, lips, 4)[0]
            second = model(torch.tensor([[0, 1, 0]]), audio, lips, 4)[0]
            torch.testing.assert_close(first[:, :3], second[:, :3])
            self.assertFalse(torch.equal(first[:, 3], second[:, 3]))

    def test_prompt_is_the_layout(self):
        model = Avsr(SMALL)
        for rate in (2, 4, 8, 16):
            thin = max(1, rate // 4)
            tokens = recognition_layout(50, 12, rate, thin)
            self.assertEqual(model.prompt(torch.randn(1, 50, 8), torch.randn(1, 12, 4), rate).shape[1], len(tokens))
        self.assertEqual(model.prompt(None, torch.randn(1, 12, 4), 4).shape[1], len(recognition_layout(0, 12, 4, 1)))

    def test_what_is_too_short_for_a_token_is_not_in_the_prompt(self):
        model = Avsr(SMALL).eval()
        audio, lips = torch.randn(1, 50, 8), torch.randn(1, 12, 4)
        for frames in (0, 15):
            torch.testing.assert_close(model.prompt(audio[:, :frames], lips, 16), model.prompt(None, lips, 16))
        for frames in (0, 3):
            torch.testing.assert_close(model.prompt(audio, lips[:, :frames], 16), model.prompt(audio, None, 16))
        self.assertEqual(model.prompt(audio[:, :15], lips[:, :3], 16).shape[1], len(recognition_layout(15, 3, 16, 4)))

    def test_learns_to_tell_three_sounds(self):
        torch.manual_seed(2)
        rng = np.random.default_rng(3)
        model = Avsr(SMALL)
        sounds = torch.randn(3, 8)
        optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
        for _ in range(120):
            words = torch.from_numpy(rng.integers(3, size=(16, 2)))
            audio = sounds[words].repeat_interleave(8, 1) + 0.3 * torch.randn(16, 16, 8)
            loss = word_loss(model, audio, None, words, 4)[0]
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        words = torch.tensor([[2, 0], [1, 1]])
        self.assertEqual(model.transcribe(sounds[words].repeat_interleave(8, 1), rate=4), words.tolist())

    def test_edits(self):
        for said, found, distance in (([1, 2, 3], [1, 2, 3], 0), ([1, 2, 3], [1, 3], 1), ([], [4], 1), ([1, 2], [2, 1], 2)):
            self.assertEqual(edits(said, found), distance)


if __name__ == "__main__":
    unittest.main()
