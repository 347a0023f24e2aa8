"""What is logged of a network says what the network does to hand-made mixtures."""
import json
import unittest

import numpy as np
import torch

from limpid_train.validation import validate


class Says(torch.nn.Module):
    """A network that gives out what it was told, whatever comes in."""

    def __init__(self, outputs):
        super().__init__()
        self.place, self.outputs = torch.nn.Parameter(torch.zeros(1)), torch.as_tensor(outputs)

    def forward(self, waveform):
        count = len(waveform)
        said, self.outputs = self.outputs[:count], self.outputs[count:]
        return said


def orthogonal(seed, length=8000):
    """Two signals [N] of mean 0 and power 1 that have nothing in common."""
    rows = np.random.default_rng(seed).standard_normal((2, length))
    rows -= rows.mean(1, keepdims=True)
    rows[1] -= rows[0] * (rows[0] @ rows[1]) / (rows[0] @ rows[0])
    return (rows / np.sqrt((rows ** 2).mean(1, keepdims=True))).astype(np.float32)


class Validating(unittest.TestCase):
    def setUp(self):
        """Two mixtures of 0 dB that are lowered by 20 and 10 dB, a clean voice that gets noise 40 dB below it, and noise
        alone that is lowered by 26 dB."""
        voice, noise = orthogonal(1)
        self.noisy = np.stack([voice + noise, voice + noise, voice, noise])
        self.target = np.stack([voice, voice, voice, 0 * voice])
        amplitude = 10 ** (-np.array([20, 10, 40, 26]) / 20)
        self.outputs = (self.target + amplitude[:, None] * noise).astype(np.float32)

    def of(self, rows, noisy=None):
        return validate(Says(self.outputs[rows]), ((self.noisy if noisy is None else noisy)[rows], self.target[rows]))

    def test_every_measure(self):
        found = self.of([0, 1, 2, 3])
        wanted = {"valid_gain": 15, "valid_sdr": 15, "valid_clean": 40, "valid_attenuation": 26}
        self.assertEqual(set(found), set(wanted))
        for name, value in wanted.items():
            self.assertAlmostEqual(found[name], value, delta=0.01, msg=name)

    def test_an_array_is_judged_by_its_first_microphone(self):
        array = np.stack([self.noisy, 0.1 * self.noisy[::-1]], 1)
        self.assertEqual(self.of([0, 1, 2, 3], array), self.of([0, 1, 2, 3]))

    def test_of_what_is_not_there_nothing_is_said(self):
        for rows, names in (([0, 1, 3], {"valid_gain", "valid_sdr", "valid_attenuation"}), ([2], {"valid_clean"}),
                            ([3], {"valid_attenuation"})):
            found = self.of(rows)
            self.assertEqual(set(found), names)
            json.dumps(found, allow_nan=False)

    def test_a_network_that_changes_nothing(self):
        self.outputs = self.noisy
        found = self.of([0, 1, 3])
        self.assertAlmostEqual(found["valid_gain"], 0, delta=0.01)
        self.assertAlmostEqual(found["valid_sdr"], 0, delta=0.01)
        self.assertAlmostEqual(found["valid_attenuation"], 0, delta=0.01)


if __name__ == "__main__":
    unittest.main()
