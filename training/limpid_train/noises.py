"""Noises that no recording is needed for. A few hours of recordings are soon known by heart; these never repeat.
All are float32 [length] at 16 kHz, of any level."""
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
    turn = np.exp(1j * phase).astype(np.complex64)                          # a power of it is a harmonic
    noise, harmonic, step = np.zeros(length, np.float32), turn.copy(), turn if comb == 1 else turn * turn
    for k in range(1, count + 1, comb):
        strength = k ** -slope * rng.uniform(0.1, 1) * np.exp(1j * rng.uniform(0, 2 * np.pi))
        noise += (np.complex64(strength) * harmonic).imag
        harmonic *= step
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
    """What lies below voices: vehicles, wind, doors, hands on a table. Up to a random frequency between 10 and 120 Hz."""
    frequency = np.arange(length // 2 + 1) * RATE / length
    edge, steepness = np.exp(rng.uniform(np.log(10), np.log(120))), rng.uniform(1.5, 6)
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


def clatter(rng, length):
    """Things that fall, are put down, shaken or sorted: a few objects, each with resonances of its own, struck in bursts,
    hard and softly, bouncing now and then."""
    noise = np.zeros(length + RATE)
    for _ in range(rng.integers(1, 5)):
        rings = struck_object(rng)
        for start, strength in bursts(rng, length):
            ring = rings[rng.integers(len(rings))]
            noise[start:start + len(ring)] += strength * ring
    return (noise[:length] * 0.1).astype(np.float32)


def struck_object(rng, count=4):
    """What it sounds like where it is struck at `count` places: the same resonances at other strengths, and a click, or that
    alone."""
    modes = int(rng.integers(3, 14))
    frequency = np.minimum(np.exp(rng.uniform(np.log(150), np.log(4000))) * 4 ** rng.random(modes), 7600)
    decay = np.exp(rng.uniform(np.log(0.003), np.log(0.15))) * (frequency / frequency.min()) ** -rng.uniform(0, 1)
    time = np.arange(int(min(RATE, 6 * decay.max() * RATE) + 64)) / RATE
    tones = np.sin(2 * np.pi * frequency[:, None] * time + rng.uniform(0, 6, (modes, 1))) * np.exp(-time / decay[:, None])
    rattles = rng.random() < 0.4
    click = np.exp(-time / np.exp(rng.uniform(np.log(0.0005), np.log(0.02 if rattles else 0.01))))
    parts = [rng.uniform(0, 3) * click * rng.standard_normal(len(time)) for _ in range(count)]
    if not rattles:
        return [part + rng.standard_normal(modes) @ tones for part in parts]
    colour = signal.butter(2, rng.uniform(200, 2500), "high", fs=RATE)
    return [signal.lfilter(*colour, part) for part in parts]


def bursts(rng, length):
    """(sample, strength) of every stroke: bursts of one to eighty, or an object that bounces ever faster and weaker."""
    for begin in rng.integers(0, length, rng.poisson(np.exp(rng.uniform(np.log(0.3), np.log(4))) * length / RATE) + 1):
        loud = rng.uniform(0.05, 1) ** 2
        if rng.random() < 0.3:
            steps = rng.uniform(0.05, 0.25) * rng.uniform(0.7, 0.92) ** np.arange(12)
            times, fall = np.cumsum(steps) - steps[0], rng.uniform(0.6, 0.9) ** np.arange(12)
        else:
            count = int(np.exp(rng.uniform(0, np.log(80))))
            times = rng.random(count) * np.exp(rng.uniform(np.log(0.03), np.log(2)))
            fall = rng.uniform(0.1, 1, count) ** 2
        for at, strength in zip(begin + (times * RATE).astype(int), loud * fall):
            if at < length:
                yield int(at), strength
