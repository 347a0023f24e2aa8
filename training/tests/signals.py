"""Synthetic speech and noise whose scores can be worked out by hand."""
import numpy as np

RATE = 16000


def words(rate=RATE, count=4, silence=0.0, seed=0):
    """Noise bursts of 0.5 s, each followed by 0.5 s of digital silence (or of noise of that amplitude)."""
    rng = np.random.default_rng(seed)
    half = rate // 2
    parts = []
    for _ in range(count):
        parts += [0.1 * rng.uniform(-1, 1, half), silence * rng.uniform(-1, 1, half)]
    return np.concatenate(parts)


def white(samples, amplitude=0.02, seed=1):
    return amplitude * np.random.default_rng(seed).uniform(-1, 1, samples)
