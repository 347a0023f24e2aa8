"""Noises that no recording is needed for. A few hours of recordings are soon known by heart; these never repeat."""
import numpy as np
from scipy import fft, signal

from .augment import RATE, random_equaliser


def coloured(rng, length):
    """Gaussian noise of a random slope, slowly modulated in level half of the time."""
    bins = length // 2 + 1
    frequency = np.maximum(np.arange(bins), 20 * length / RATE)
    spectrum = (rng.standard_normal(bins) + 1j * rng.standard_normal(bins)) * frequency ** rng.uniform(-1, 0.3)
    spectrum = (spectrum * random_equaliser(rng, bins, 0, 10)).astype(np.complex64)
    noise = fft.irfft(spectrum, n=length)
    return (noise * swell(rng, length) if rng.random() < 0.5 else noise).astype(np.float32)


def swell(rng, length, depth_db=15, knots_per_second=2):
    """Amplitude curve that wanders between 0 and -depth_db."""
    knots = rng.uniform(-depth_db, 0, max(3, int(length / RATE * knots_per_second)))
    return 10 ** (np.interp(np.linspace(0, 1, length), np.linspace(0, 1, len(knots)), knots) / 20)


def hum(rng, length):
    """Harmonics of a machine whose speed wanders a little: mains, fans, engines, sirens."""
    time = np.arange(length) / RATE
    wander = np.interp(np.linspace(0, 1, length), np.linspace(0, 1, 8), rng.standard_normal(8))
    pitch = np.exp(rng.uniform(np.log(30), np.log(500))) * (1 + rng.choice([0, 0.003, 0.03, 0.2]) * wander)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    count = int(min(40, 0.45 * RATE / pitch.max()))
    slope, comb = rng.uniform(0, 1.5), rng.choice([1, 2])                   # every harmonic, or the odd ones
    noise = np.zeros(length)
    for k in range(1, count + 1, comb):
        noise += k ** -slope * rng.uniform(0.1, 1) * np.sin(k * phase + rng.uniform(0, 2 * np.pi))
    beat = 1 + rng.uniform(0, 0.8) * np.sin(2 * np.pi * rng.uniform(0.5, 15) * time)
    return (noise * beat * swell(rng, length, 6)).astype(np.float32)


def knocks(rng, length):
    """Struck objects at random times: dishes, keys, steps, rain on a roof; each a few damped resonances and a click."""
    rate = np.exp(rng.uniform(np.log(1), np.log(60)))                       # per second
    noise = np.zeros(length + RATE)
    decay, low = np.exp(rng.uniform(np.log(0.002), np.log(0.12))), rng.uniform(100, 2500)
    for start in rng.integers(0, length, rng.poisson(rate * length / RATE) + 1):
        size = int(min(RATE, 7 * decay * RATE * rng.uniform(0.5, 1)))
        time = np.arange(size) / RATE
        modes = low * (1 + 3 * rng.random(3))
        ring = np.sin(2 * np.pi * np.minimum(modes, 7500)[:, None] * time + rng.uniform(0, 6, (3, 1))).sum(0)
        click = rng.standard_normal(size) * np.exp(-time / 0.002)
        noise[start:start + size] += rng.uniform(0.1, 1) ** 2 * (ring * np.exp(-time / decay) + rng.uniform(0, 3) * click)
    return noise[:length].astype(np.float32)


def rumble(rng, length):
    """What lies below voices: vehicles, wind, doors, hands on a table. Up to a random frequency between 20 and 120 Hz."""
    frequency = np.arange(length // 2 + 1) * RATE / length
    edge, steepness = np.exp(rng.uniform(np.log(20), np.log(120))), rng.uniform(1.5, 6)
    shape = (frequency > rng.uniform(2, 15)) / np.sqrt(1 + (frequency / edge) ** (2 * steepness))
    noise = fft.irfft((rng.standard_normal(len(frequency)) + 1j * rng.standard_normal(len(frequency))) * shape, n=length)
    return (noise * swell(rng, length)).astype(np.float32)


def texture(rng, recording):
    """Another sound with the short-time spectrum of a recording, smoothed over a random time, and random phases."""
    _, _, spectrum = signal.stft(recording, nperseg=512)
    magnitude = np.abs(spectrum)
    span = int(rng.choice([1, 4, 16, 64]))
    if span > 1:
        magnitude = np.sqrt(signal.fftconvolve(magnitude ** 2, np.ones((1, span)) / span, mode="same", axes=1).clip(0))
    phase = np.exp(2j * np.pi * rng.random(magnitude.shape))
    noise = signal.istft(magnitude * phase, nperseg=512)[1]
    return np.resize(noise, len(recording)).astype(np.float32)
