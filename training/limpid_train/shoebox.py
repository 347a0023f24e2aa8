"""Room impulse responses of a box: image sources (Allen & Berkley, JASA 65, 1979) while they can be told apart, then a
diffuse tail with the energy that statistical acoustics expects (Kuttruff, Room Acoustics). Distances are in metres."""
from dataclasses import dataclass

import numpy as np
from scipy import fft, signal

from .spatial import diffuse_spectra

RATE = 16000
SPEED = 343.0                                             # of sound, m/s
BANDS = np.array([250, 500, 1000, 2000, 4000, 8000])      # Hz, where the decay is given; between them it is blended
OVERSAMPLING = 16                                         # of the grid that images are laid on
JITTER = 0.04                                             # m
EXACT_ORDER = 1                                           # reflections that follow the walls to the letter
FADE = 0.020                                              # s, from images to tail
SIZES = 2000                                              # of a room that are tried for given walls
MARGIN = 64                                               # samples that circular filtering may spoil


@dataclass(frozen=True)
class Room:
    """A box from (0, 0, 0) to `size`; `decay` is the reverberation time in seconds in each of BANDS, what the air
    absorbs included; `walls` [axis, side] is the share of each wall in the absorption, 1 on average over the area."""
    size: np.ndarray
    decay: np.ndarray
    walls: np.ndarray

    @property
    def volume(self):
        return float(np.prod(self.size))

    @property
    def areas(self):
        return np.repeat((self.volume / self.size)[:, None], 2, axis=1)

    @property
    def absorption(self):
        """-ln(1 - alpha) of the mean wall in each band (Eyring)."""
        return 24 * np.log(10) / SPEED * self.volume / self.areas.sum() / self.decay

    @property
    def mixing_time(self):
        """Seconds after which reflections are too dense to be heard one by one (Lindau et al., JAES 60, 2012)."""
        return 0.0117e-3 * self.volume + 0.0501


def random_room(rng, shortest, longest, width=(2, 10), height=(2.2, 4)):
    """A room with a reverberation time (mean of 500 and 1000 Hz) log-uniform in [shortest, longest] seconds. Walls that
    no size of room allows for, because they would have to absorb nearly everything, are drawn again."""
    while True:
        decay = np.exp(rng.uniform(np.log(shortest), np.log(longest)))
        low, high = rng.uniform(0.85, 1.4), rng.uniform(0.5, 1.0)
        shape = np.exp(np.interp(np.log2(BANDS), np.log2([250, 500, 1000, 8000]), np.log([low, 1, 1, high])))
        shares = rng.uniform(0.3, 1.7, (3, 2))
        for _ in range(SIZES):
            size = np.array([rng.uniform(*width), rng.uniform(*width), rng.uniform(*height)])
            room = Room(size, decay * shape, np.ones((3, 2)))
            walls = shares * room.areas.sum() / np.sum(shares * room.areas)
            if np.max(room.absorption) * walls.max() < 1.8 and size[:2].max() < 3 * size[:2].min():  # alpha below 0.84
                return Room(size, decay * shape, walls)


def lattice(room, source, centre, reach):
    """Of the images within `reach` of `centre`, the source itself first and then in order of reflections: positions [n, 3],
    how they move with the source (1 along with it, -1 against) [n, 3], and reflections at each wall [axis, side, n]."""
    axes = []
    for axis in range(3):
        count = int(np.ceil((reach + room.size[axis]) / (2 * room.size[axis])))
        order = np.arange(-count, count + 1)
        place = np.concatenate([source[axis] + 2 * order * room.size[axis], 2 * order * room.size[axis] - source[axis]])
        sign = np.repeat([1, -1], len(order))
        hits = np.abs(np.stack([np.concatenate([order, order - 1]), np.concatenate([order, order])]))
        near = np.abs(place - centre[axis]) <= reach
        axes.append((place[near], sign[near], hits[:, near]))
    grid = np.meshgrid(*[np.arange(len(place)) for place, _, _ in axes], indexing="ij")
    picks = [index.ravel() for index in grid]
    places, signs = (np.stack([values[of][pick] for values, pick in zip(axes, picks)], axis=1) for of in (0, 1))
    near = np.sum((places - centre) ** 2, axis=1) <= reach ** 2
    hits = np.stack([counts[:, pick[near]] for (_, _, counts), pick in zip(axes, picks)])
    first = np.argsort(hits.sum((0, 1)), kind="stable")
    return places[near][first], signs[near][first], hits[:, :, first]


def attenuation(room, places, hits, centre):
    """Natural logarithm [n, band] of the pressure factors of images on their way to `centre`.

    A path of many reflections follows the walls for EXACT_ORDER of them and the mean free path from then on, as if
    walls scattered: a box of mirrors keeps its grazing paths alive and decays up to 1.5 times too slowly."""
    met = np.einsum("as,asn->n", room.walls, hits)
    path = np.sqrt(np.sum((places - centre) ** 2, axis=1))
    expected = path * room.areas.sum() / (4 * room.volume)
    share = np.minimum(1, EXACT_ORDER / np.maximum(hits.sum((0, 1)), 1))
    return -0.5 * (share * met + (1 - share) * expected)[:, None] * room.absorption


def displacement(rng, order):
    """By how much images [n, 3] of `order` [n] reflections stand beside their places: up to JITTER times the square root
    of their order, which breaks the sweeping echoes of a perfect box (De Sena et al., TASLP 23, 2015)."""
    return rng.uniform(-JITTER, JITTER, (len(order), 3)) * np.sqrt(order)[:, None]


def images(room, source, centre, reach, rng=None):
    """Positions [n, 3] of the images within `reach` of `centre`, their reflection counts [n] and the natural logarithm
    of their pressure factors [n, band]. The source itself comes first. With `rng` every other image is displaced."""
    places, _, hits = lattice(room, source, centre, reach)
    order = hits.sum((0, 1))
    if rng is not None:
        places = places + displacement(rng, order)
    return places, order, attenuation(room, places, hits, centre)


def band_curves(bins):
    """Amplitude curves [band, bins] over 0..RATE/2 that add up to 1: linear between neighbours on an octave scale."""
    octave = np.log2(np.maximum(np.linspace(0, RATE / 2, bins), 1))
    return np.stack([np.interp(octave, np.log2(BANDS), row) for row in np.eye(len(BANDS))])


def place(delays, amplitudes, length):
    """Sum of band-limited impulses: delays [n] in samples, amplitudes [n, band] -> [length]. The impulses are put on a
    finer grid by linear interpolation, whose loss is undone, and low-passed below RATE/2."""
    size = fft.next_fast_len(length + MARGIN, real=True)
    fine = delays * OVERSAMPLING
    cell = np.floor(fine).astype(int)
    part = fine - cell
    inside = (cell >= 0) & (cell + 1 < length * OVERSAMPLING)
    cell, part, amplitudes = cell[inside], part[inside], amplitudes[inside]
    bins = size // 2 + 1
    frequency = np.arange(bins) / size
    pulse = np.clip((0.5 - frequency) / 0.04, 0, 1)
    pulse = np.sin(0.5 * np.pi * pulse) ** 2 / np.sinc(frequency / OVERSAMPLING) ** 2
    curves = band_curves(bins) if amplitudes.shape[1] > 1 else np.ones((1, bins))
    spectrum = np.zeros(bins, complex)
    for amplitude, curve in zip(amplitudes.T, curves):
        fine = np.bincount(cell, amplitude * (1 - part), size * OVERSAMPLING)
        fine += np.bincount(cell + 1, amplitude * part, size * OVERSAMPLING)
        spectrum += fft.rfft(fine)[:bins] * curve
    return fft.irfft(spectrum * pulse, n=size)[:length]


def high_pass(reflections):
    """Second-order 100 Hz high-pass: image gains are all positive and pile up at low frequencies (Allen & Berkley)."""
    return signal.sosfilt(signal.butter(2, 100, "highpass", fs=RATE, output="sos"), reflections)


def reach_of(splice, mics):
    """How far from their centre the images are that microphones [mic, 3] hear."""
    return (splice + FADE) * SPEED + np.sqrt(np.sum((mics - mics.mean(0)) ** 2, axis=1)).max()


def early_paths(mics, places, gains, splice, length, origin):
    """Direct path, the first of the images, and reflections that come before the tail, two arrays [mic, length]."""
    distance = np.sqrt(np.sum((places[None] - mics[:, None]) ** 2, axis=2))                  # [mic, n]
    middle = np.sqrt(np.sum((places - mics.mean(0)) ** 2, axis=1)) / SPEED
    shape = np.exp(gains) * np.cos(0.5 * np.pi * np.clip((middle - splice) / FADE, 0, 1))[:, None]
    direct, wet = np.zeros((2, len(mics), length))
    near = min(length, int(origin + reach_of(splice, mics) / SPEED * RATE) + MARGIN)         # no image is later
    for mic, path in enumerate(distance):
        amplitudes = shape / (4 * np.pi * path)[:, None]
        delays = path / SPEED * RATE + origin
        direct[mic, :near] = place(delays[:1], amplitudes[:1, :1], near)
        wet[mic, :near] = place(delays[1:], amplitudes[1:], near)
    return direct, wet


def response(room, source, mics, rng, length=None, origin=0.0):
    """Direct paths and reflections, two arrays [mic, length]. `mics` is [mic, 3]; the source fires at sample `origin`,
    which may be negative; a direct path has amplitude 1 / (4 pi distance). Without `length` the response is as long as
    it takes to fall by 60 dB."""
    centre = mics.mean(0)
    straight = np.sqrt(np.sum((source - centre) ** 2))
    splice = straight / SPEED + room.mixing_time                           # s after the source fires
    if length is None:
        length = int(origin + (straight / SPEED + room.decay.max()) * RATE) + 1
    places, _, gains = images(room, source, centre, reach_of(splice, mics), rng)
    direct, wet = early_paths(mics, places, gains, splice, length, origin)
    middle = np.sqrt(np.sum((places - centre) ** 2, axis=1)) / SPEED
    level = tail_level(room, middle[1:], gains[1:], splice)
    return direct, high_pass(wet + tail(room, mics, rng, length, origin, splice, level))


def tail_level(room, times, gains, splice):
    """Energy per second [band] of the diffuse field at the splice, at 1 m reference 1 / (4 pi): what the images within
    FADE of the splice carry, so that the two parts join."""
    window = np.abs(times - splice) < FADE
    steady = np.exp(2 * gains[window] + 6 * np.log(10) * (times[window, None] - splice) / room.decay)
    return np.sum(steady / (4 * np.pi * SPEED * times[window, None]) ** 2, axis=0) / (2 * FADE)


def tail(room, mics, rng, length, origin, splice, level):
    """Gaussian noise [mic, length], decaying in each band at its own rate and diffuse over the microphones."""
    begin = max(0, int(splice * RATE + origin))
    if begin >= length:
        return np.zeros((len(mics), length))
    size = fft.next_fast_len(length - begin + 2 * MARGIN, real=True)
    spectra = diffuse_spectra(rng.standard_normal((len(mics), size)), mics, RATE, SPEED)
    time = (np.arange(begin, length) - origin) / RATE - splice
    rise = np.sin(0.5 * np.pi * np.clip(time / FADE, 0, 1))
    total = np.zeros((len(mics), length - begin))
    for curve, decay, energy in zip(band_curves(spectra.shape[1]), room.decay, level):
        noise = fft.irfft(spectra * curve, n=size)[:, MARGIN: MARGIN + length - begin]
        total += noise * (rise * np.sqrt(energy / RATE) * 10 ** (-3 * time / decay))
    return np.concatenate([np.zeros((len(mics), begin)), total], axis=1)
