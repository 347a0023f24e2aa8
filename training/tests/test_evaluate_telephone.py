"""Files at the rate of telephones: where they come from, and which PESQ is theirs."""
import sys
import tempfile
import types
import unittest
from importlib.machinery import ModuleSpec
from pathlib import Path
from unittest.mock import patch

import numpy as np
import soundfile

from limpid_train.scores import pesq_of
from limpid_train.sets import items_of
from tests.signals import RATE


def fake_pesq(calls):
    """A module in place of PyPI's, which writes down what it is asked."""
    module = types.ModuleType("pesq")
    module.__spec__ = ModuleSpec("pesq", None)
    module.PesqError = RuntimeError

    def pesq(rate, reference, estimate, band):
        calls.append((rate, len(reference), len(estimate), band))
        return 3
    module.pesq = pesq
    return module


class Telephone(unittest.TestCase):
    def test_opinions_are_narrowband_at_8_khz_and_wideband_elsewhere(self):
        calls = []
        with patch.dict(sys.modules, pesq=fake_pesq(calls)):
            self.assertEqual(pesq_of(np.zeros(800), np.zeros(800), 8000), {"pesq_nb": 3})
            self.assertEqual(pesq_of(np.zeros(4800), np.zeros(4800), 48000), {"pesq_wb": 3})
        self.assertEqual(calls, [(8000, 800, 800, "nb"), (16000, 1600, 1600, "wb")])

    def test_the_set_is_vb60_without_what_8_khz_cannot_carry(self):
        t = np.arange(RATE) / RATE
        low, high = (0.1 * np.sin(2 * np.pi * f * t) for f in (1000, 6000))
        with tempfile.TemporaryDirectory() as folder:
            for part, audio in (("noisy", low + high), ("clean", low)):
                (Path(folder) / "eval/vb60" / part).mkdir(parents=True)
                soundfile.write(Path(folder) / "eval/vb60" / part / "a.flac", audio, RATE, subtype="PCM_24")
            item, = items_of(folder, "telephone", Path(folder) / "made")
            (noisy, rate), (clean, _) = soundfile.read(item.noisy), soundfile.read(item.clean)
        self.assertEqual((item.name, item.rate, rate), ("a", 8000, 8000))
        inside = slice(400, -400)  # the filter's ends
        np.testing.assert_allclose(noisy[inside], low[::2][inside], atol=1e-3)
        np.testing.assert_allclose(clean[inside], low[::2][inside], atol=1e-3)
