#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/python/limpid.py does what the program does, and says what is wrong: python_test.py EXAMPLE LIBRARY PROGRAM DATA [CASE].
Exits with 77 where NumPy is missing."""
import copy
import gc
import json
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import threading
import unittest
import unittest.mock
import warnings

try:
    import numpy as np
    from scipy.io import wavfile
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

EXAMPLE, LIBRARY, PROGRAM, DATA = map(pathlib.Path, sys.argv[1:5])
os.environ["LIMPID_LIBRARY"] = str(LIBRARY)
sys.path.insert(0, str(EXAMPLE))
import limpid  # noqa: E402, the path above is its folder

MODEL = DATA / "frcrn_tiny.safetensors"
ARRAY = DATA / "longconv_tiny_array.safetensors"


def voice(seconds=1.0, channels=None):
    rng = np.random.default_rng(7)
    count = int(16000 * seconds)
    tone = np.sin(np.arange(count) * 0.05) * (np.arange(count) % 4000 < 2500)
    noise = 0.1 * rng.standard_normal((channels, count) if channels else count)
    return (0.3 * tone + noise).astype(np.float32)


class Python(unittest.TestCase):
    def by_program(self, sound, model):
        with tempfile.TemporaryDirectory(prefix="limpid_") as folder:
            before, after = pathlib.Path(folder, "a.wav"), pathlib.Path(folder, "b.wav")
            wavfile.write(before, 16000, sound.T)
            subprocess.run([PROGRAM, "enhance", before, "-o", after, "-m", model, "-q"], check=True, capture_output=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", wavfile.WavFileWarning)  # libsndfile writes chunks that SciPy passes over
                return wavfile.read(after)[1].T

    def test_recordings_are_what_the_program_makes_of_them(self):
        for model, channels in ((MODEL, None), (MODEL, 2), (ARRAY, 3)):
            sound = voice(channels=channels)
            clean = limpid.enhance(sound, 16000, model=model)
            expected = self.by_program(sound, model).reshape(clean.shape)
            self.assertGreater(np.abs(expected).max(), 1e-3)
            np.testing.assert_allclose(clean, expected, atol=1e-6 * np.abs(expected).max())

    def test_blocks_are_pieces_of_the_whole(self):
        sound = voice()
        with limpid.Enhancer(16000, model=MODEL) as enhancer, limpid.Enhancer(16000, model=MODEL) as other:
            whole = other.process(sound)
            parts = [enhancer.process(sound[start: start + 123]) for start in range(0, len(sound), 123)]
            np.testing.assert_array_equal(np.concatenate(parts), whole)
            enhancer.reset()
            np.testing.assert_array_equal(enhancer.process(sound), whole)

    def test_channels_begin_again_on_their_own(self):
        sound = voice(channels=2)
        with limpid.Enhancer(16000, channels=2, model=MODEL) as enhancer:
            first = enhancer.process(sound)
            self.assertTrue(enhancer.restart(1))
            self.assertFalse(enhancer.restart(2))
            second = enhancer.process(sound)
        np.testing.assert_array_equal(second[1], first[1])
        self.assertFalse(np.array_equal(second[0], first[0]))

    def test_bypass_and_limit(self):
        sound = voice()
        with limpid.Enhancer(16000, model=MODEL) as enhancer:
            enhancer.set_bypass(True)
            enhancer.process(sound)
            late = enhancer.process(np.concatenate([sound, np.zeros(enhancer.latency)]))[enhancer.latency:]
            np.testing.assert_allclose(late, sound, atol=1e-6)
        limited = limpid.enhance(sound, 16000, model=MODEL, attenuation_limit_db=1.0)
        free = limpid.enhance(sound, 16000, model=MODEL)
        self.assertLess(np.square(limited - sound).sum(), 0.1 * np.square(free - sound).sum())

    def test_doubles_and_views_are_taken(self):
        sound = voice(channels=2)
        expected = limpid.enhance(sound[:, ::2].copy(), 16000, model=MODEL)
        np.testing.assert_array_equal(limpid.enhance(sound[:, ::2], 16000, model=MODEL), expected)
        np.testing.assert_array_equal(limpid.enhance(np.asfortranarray(sound[:, ::2], np.float64), 16000, model=MODEL), expected)
        self.assertEqual(limpid.enhance(sound[:, :0], 16000, model=MODEL).shape, (2, 0))

    def test_what_is_wrong_is_said(self):
        with self.assertRaisesRegex(limpid.Error, "no-such-model") as raised:
            limpid.Enhancer(16000, model="no-such-model")
        self.assertEqual(raised.exception.code, 2)
        with self.assertRaisesRegex(limpid.Error, "100"):
            limpid.Enhancer(100, model=MODEL)
        with limpid.Enhancer(16000, model=MODEL) as enhancer:
            with self.assertRaisesRegex(ValueError, r"expected \[1, samples\], found \[2, 16000\]"):
                enhancer.process(voice(channels=2))
            with self.assertRaisesRegex(ValueError, r"found \[1, 1, 5\]"):
                enhancer.process(np.zeros((1, 1, 5)))
            with self.assertRaisesRegex(TypeError, "int16"):
                enhancer.process(np.zeros(5, np.int16))
            enhancer.process(np.array([np.nan, np.inf, 0.5]))
            self.assertEqual(enhancer.repaired, 2)
            self.assertLess(enhancer.voice_activity(1), 0)
        with self.assertRaisesRegex(ValueError, "closed"):
            enhancer.process(voice())
        with self.assertRaisesRegex(TypeError, "float"):
            limpid.Enhancer(48000.5)
        with self.assertRaisesRegex(ValueError, r"expected \[3, samples\], found \[2, 100\]"):
            limpid.enhance(np.zeros((2, 100)), 16000, model=ARRAY)

    def test_copies_would_share_a_handle_and_are_refused(self):
        with limpid.Enhancer(16000, model=MODEL) as enhancer:
            for copied in (copy.copy, copy.deepcopy, pickle.dumps):
                with self.assertRaisesRegex(TypeError, "neither copied nor pickled"):
                    copied(enhancer)
            enhancer.process(voice())

    def test_a_call_with_wrong_arguments_leaves_nothing_to_close(self):
        with unittest.mock.patch("sys.unraisablehook") as ignored:
            with self.assertRaises(TypeError):
                limpid.Enhancer(16000, rate=16000)
            gc.collect()
        ignored.assert_not_called()

    def test_names_may_be_of_any_bytes(self):
        with tempfile.TemporaryDirectory(prefix="limpid_") as folder:
            name = os.path.join(os.fsencode(folder), b"m\xf6del.safetensors")
            with self.assertRaisesRegex(limpid.Error, "No such file"):
                limpid.Enhancer(16000, model=os.fsdecode(name))
            pathlib.Path(os.fsdecode(name)).write_bytes(MODEL.read_bytes())
            for spelling in (name, os.fsdecode(name), pathlib.Path(os.fsdecode(name))):
                limpid.Enhancer(16000, model=spelling).close()

    def test_shipped_models_tell_where_speech_is(self):
        if "light" not in subprocess.run([PROGRAM, "models"], capture_output=True, text=True).stdout:
            self.skipTest("this build has no light")
        with limpid.Enhancer(16000) as enhancer:
            heard = []
            for block in np.split(voice(), 20):
                enhancer.process(block)
                heard.append(enhancer.voice_activity())
        self.assertTrue(all(0 <= probability <= 1 for probability in heard), heard)
        self.assertGreater(len(set(heard)), 10)

    def test_threads_have_their_own(self):
        sound, results = voice(), {}

        def work(index):
            results[index] = limpid.enhance(sound, 16000, model=MODEL)

        threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for index in range(4):
            np.testing.assert_array_equal(results[index], limpid.enhance(sound, 16000, model=MODEL))

    def test_names_and_hop(self):
        names = limpid.model_names()
        listed = subprocess.run([PROGRAM, "models", "--json"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(names, [json.loads(line)["name"] for line in listed.splitlines()])
        with limpid.Enhancer(16000, model=names[0]) as enhancer:
            self.assertEqual(enhancer.hop, 160)

    def test_numbers_that_c_would_cut_are_refused(self):
        for wrong in ({"sample_rate": 2**32 + 16000}, {"channels": 2**40 + 1}, {"channels": -2**31 - 1}):
            with self.assertRaisesRegex(ValueError, "too large"):
                limpid.Enhancer(**wrong)

    def test_version(self):
        said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(said, f"limpid {limpid.version()}\n")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
