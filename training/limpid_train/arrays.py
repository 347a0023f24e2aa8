"""Scenes for microphone arrays: a talker, point noises and a diffuse noise in a simulated room. Arrays are [mic, 3] in
metres around their centre."""
from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.signal import fftconvolve

from . import rooms, shoebox
from .augment import active_level
from .shoebox import RATE, SPEED
from .spatial import diffuse_spectra

LEAD = 64                                                 # samples before the direct path at the reference microphone
EARLY_SAMPLES = int(0.050 * RATE)                         # of a target that keeps early reflections
CLEARANCE = 0.5                                           # m between the array's centre and the walls
RIPPLES = 12                                              # terms of the cepstrum of a microphone's response


def circular(mics, radius):
    """A horizontal circle, the first microphone on the x axis."""
    angle = 2 * np.pi * np.arange(mics) / mics
    return radius * np.stack([np.cos(angle), np.sin(angle), np.zeros(mics)], axis=1)


def linear(mics, spacing):
    """A uniform line along the x axis."""
    return np.stack([spacing * (np.arange(mics) - (mics - 1) / 2), np.zeros(mics), np.zeros(mics)], axis=1)


def usual_layout(mics):
    """The layout of the evaluation sets: two microphones 8 cm apart, more of them on a circle of 5 cm radius."""
    return linear(2, 0.08) if mics == 2 else circular(mics, 0.05)


def random_layout(rng, mics):
    """A circle of 3 to 10 cm radius or a line with gaps of 2 to 10 cm (no more than 40 cm long); two microphones 2 to 20 cm apart,
    as telephones and laptops have them."""
    if mics == 2:
        return linear(2, rng.uniform(0.02, 0.20))
    if rng.random() < 0.6:
        return circular(mics, rng.uniform(0.03, 0.10))
    return linear(mics, rng.uniform(0.02, min(0.10, 0.40 / (mics - 1))))


def built(rng, layout, spread=0.002, gain_db=1.0):
    """What leaves the factory and is put on a table: the layout turned by any angle, each microphone displaced by a
    normal deviate of `spread` metres per axis; and gains [mic] with a standard deviation of `gain_db`."""
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    return (layout @ turn.T + spread * rng.standard_normal(layout.shape),
            10 ** (gain_db * rng.standard_normal(len(layout)) / 20))


def unlike(rng, mics, length, gain_db, ripple_db, delay):
    """Responses [mic, bin] over a transform of `length` of microphones that are not alike, relative to the first, which is
    1 everywhere: minimum-phase ones of a smooth cepstrum, since a capsule's is. Standard deviations: of the gains, of the
    response around its gain at any frequency, and of delays in samples, as those of a converter that takes turns."""
    neper = np.log(10) / 20
    cepstrum = rng.standard_normal((mics, 1 + RIPPLES)) * neper * ripple_db * np.sqrt(2 / RIPPLES)
    cepstrum[:, 0] = neper * gain_db * rng.standard_normal(mics)
    turns = np.arange(length // 2 + 1) / length * delay * rng.standard_normal((mics, 1))
    response = np.exp(fft.rfft(cepstrum, length) - 2j * np.pi * turns)
    response[0] = 1
    return response


def diffuse_noise(independent, mics):
    """Signals [mic, sample] of one spectrum and no common part, mixed to a spherically isotropic field of unit RMS."""
    level = np.sqrt(np.mean(independent ** 2, axis=1, keepdims=True))
    field = fft.irfft(diffuse_spectra(independent / (level + 1e-9), mics, RATE, SPEED), n=independent.shape[1])
    return field / (np.sqrt(np.mean(field ** 2)) + 1e-9)


def moving_level(rng, length, depth_db, period=1.0):
    """A gain [length] that wanders within `depth_db` under 1, with a new aim every `period` seconds."""
    knots = rng.uniform(-depth_db, 0, max(2, int(np.ceil(length / (RATE * period))) + 1))
    return 10 ** (np.interp(np.linspace(0, 1, length), np.linspace(0, 1, len(knots)), knots) / 20)


@dataclass(frozen=True)
class Scene:
    """`noisy` [mic, sample]; `image` [mic, sample], the part of it that is wanted; `about`, facts by name."""
    noisy: np.ndarray
    image: np.ndarray
    reference: int
    about: dict

    @property
    def target(self):
        """[sample]: the wanted part at the reference microphone."""
        return self.image[self.reference]


def responses(room, source, mics, reference, rng):
    """Direct paths and reflections, two arrays [mic, length]: the direct path reaches the reference microphone at
    sample LEAD exactly, with amplitude 1, and the others as much earlier or later as they are nearer or farther."""
    distance = np.sqrt(np.sum((source - mics[reference]) ** 2))
    direct, wet = shoebox.response(room, source, mics, rng, origin=LEAD - distance / SPEED * RATE)
    return direct * (4 * np.pi * distance), wet * (4 * np.pi * distance)


def early(direct, wet, delay=0):
    """What is wanted of a response [mic, length] whose direct path comes `delay` samples after LEAD."""
    kept = direct.copy()
    kept[:, : LEAD + delay + EARLY_SAMPLES] += wet[:, : LEAD + delay + EARLY_SAMPLES]
    return kept


def through(signal, response):
    """A signal [sample] through responses [mic, length], the direct path moved back to where the signal has it."""
    return fftconvolve(signal[None], response, axes=1)[:, LEAD: LEAD + len(signal)]


def scene(rng, speech, noises, layout, reference=0, target="early", snr_db=None, diffuse=None, rt60=(0.2, 1.2),
          distance=(0.5, 3.0)):
    """One example: `speech` [sample] and each of `noises` from a point in a room with a reverberation time in `rt60`
    seconds, `diffuse` [mic, sample] (independent stretches of one noise) from everywhere, at `snr_db` (drawn from
    -5..20 when None; active speech with its reverberation over noise, at the reference microphone).

    target: "direct" or "early" (direct path and 50 ms of reflections). The level is drawn from -35..-15 dBFS."""
    if target not in ("direct", "early"):
        raise ValueError(f"target {target!r}: direct or early")
    room = shoebox.random_room(rng, *rt60, width=(3, 10))
    offsets, gains = built(rng, layout)
    centre = rooms.position(rng, room, CLEARANCE)
    mics = centre + offsets
    talker = rooms.target_position(rng, room, centre, *distance)
    direct, wet = responses(room, talker, mics, reference, rng)
    kept = early(direct, wet) if target == "early" else direct
    speech = speech * moving_level(rng, len(speech), rng.uniform(0, 8), 2.0)
    spoken, image = through(speech, direct + wet), through(speech, kept)
    noise, places = noise_field(rng, room, centre, mics, reference, noises, diffuse, spoken.shape)
    snr_db = rng.uniform(-5, 20) if snr_db is None else snr_db
    about = facts(room, centre, offsets, reference, talker, places, snr_db)
    return mixed(rng, spoken, image, noise, gains, reference, about)


def facts(room, centre, offsets, reference, talker, places, snr_db):
    """What a set says of a scene: its room, where talker and noises are, and the microphones around the centre."""
    def distance(place):
        return float(np.linalg.norm(place - (centre + offsets[reference])))
    return {"snr_db": float(snr_db), "rt60": float(np.mean(room.decay[1:3])), "size": room.size.tolist(),
            "distance": distance(talker), "talker": (talker - centre).tolist(),
            "noise_distances": [distance(place) for place in places], "mics": offsets.tolist()}


def mixed(rng, spoken, image, noise, gains, reference, about):
    """The scene of speech, the wanted part of it and noise, all [mic, sample], at the ratio about["snr_db"]."""
    level = active_level(spoken[reference])
    noise = noise * (level * 10 ** (-about["snr_db"] / 20) / (np.sqrt(np.mean(noise[reference] ** 2)) + 1e-9))
    noise += level * 10 ** (rng.uniform(-70, -50) / 20) * rng.standard_normal(noise.shape)      # of the sensors
    noisy = (spoken + noise) * gains[:, None]
    scale = 10 ** (rng.uniform(-35, -15) / 20) / (np.sqrt(np.mean(noisy[reference] ** 2)) + 1e-9)
    scale = min(scale, 0.99 / (np.max(np.abs(noisy)) + 1e-9))
    return Scene((noisy * scale).astype(np.float32), (image * gains[:, None] * scale).astype(np.float32), reference,
                 about)


def noise_from(rng, signal, at_mics, reference=0):
    """What the microphones hear, at_mics(signal) [mic, sample], of a noise of moving level: at the reference within 10 dB
    of unit RMS, and no louder."""
    part = at_mics(signal * moving_level(rng, signal.shape[-1], rng.uniform(0, 10)))
    return part * (10 ** (rng.uniform(-10, 0) / 20) / (np.sqrt(np.mean(part[reference] ** 2)) + 1e-9))


def noise_field(rng, room, centre, mics, reference, noises, diffuse, shape, hear=None):
    """Sum [mic, sample] of the noises, each within 10 dB of the loudest at the reference, and where the points are.
    hear(place) is a function from a signal to what the microphones hear of it from there; without it they stand still."""
    def still(place):
        response = sum(responses(room, place, mics, reference, rng))
        return lambda signal: through(signal, response)
    total, places = np.zeros(shape), []
    for signal in noises:
        places.append(rooms.noise_position(rng, room, centre))
        total += noise_from(rng, signal, (hear or still)(places[-1]), reference)
    if diffuse is not None:
        field = diffuse_noise(diffuse, mics) * moving_level(rng, shape[1], rng.uniform(0, 10))
        total += field * 10 ** (rng.uniform(-10, 0) / 20)
    return total, places
