"""What a fixed or turning array hears of a talker who walks. The way is cut into poses; what is said between two of them is
faded from the response of the one to that of the other, early reflections finely, the tail, a new one every TAIL_STEP,
coarsely. Distances are in metres."""
from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve

from . import shoebox
from .arrays import LEAD, early
from .shoebox import FADE, RATE, SPEED

STEP = 0.0075                                             # between two poses, a sixth of a wave at 8 kHz
TAIL_STEP = 0.10                                          # a diffuse field is another one half a wave on, here at 1.7 kHz
EARLY_LENGTH = int(0.03 * RATE)                           # for what the high-pass rings after the last image


@dataclass(frozen=True)
class Motion:
    """Poses STEP apart: the talker [pose, 3], the microphones [pose, mic, 3]; and between which of them each sample is said
    [sample], 2.5 half way from pose 2 to pose 3."""
    talker: np.ndarray
    mics: np.ndarray
    at: np.ndarray


def walk(mics, corners, speed, length):
    """Along straight lines from corner to corner [n, 3] at `speed` m/s, past fixed microphones; `length` samples."""
    legs = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    gone = np.arange(int(np.ceil(speed * length / RATE / STEP)) + 1) * STEP
    if gone[-1] > legs.sum():
        raise ValueError(f"{legs.sum():.1f} m of way for a walk of {gone[-1]:.1f} m")
    ends = np.concatenate([[0], np.cumsum(legs)])
    talker = np.stack([np.interp(gone, ends, axis) for axis in corners.T], axis=1)
    return Motion(talker, np.broadcast_to(mics, (len(talker), *mics.shape)), np.arange(length) / RATE * speed / STEP)


def turn(mics, talker, angle, begin, end, length):
    """The microphones turn by `angle` about the vertical axis of their centre between the seconds `begin` and `end`."""
    centre = mics.mean(0)
    count = int(np.ceil(np.abs(angle) * np.linalg.norm(mics - centre, axis=1).max() / STEP))
    poses = []
    for part in np.linspace(0, angle, count + 1):
        cos, sin = np.cos(part), np.sin(part)
        poses.append(centre + (mics - centre) @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]))
    at = np.clip((np.arange(length) / RATE - begin) / (end - begin), 0, 1) * count
    return Motion(np.broadcast_to(talker, (count + 1, 3)), np.stack(poses), at)


def heard(rng, room, speech, motion, reference):
    """Speech [sample] as the array hears it and the wanted part of it (arrays.early), two arrays [mic, sample]. At the mean
    distance of the way a direct path has amplitude 1 at the reference microphone; the nearest place of the way has no delay."""
    distance = np.linalg.norm(motion.talker - motion.mics[:, reference], axis=1)
    scale, origin = 4 * np.pi * distance.mean(), LEAD - distance.min() / SPEED * RATE
    spoken, image = np.zeros((2, motion.mics.shape[1], len(speech)))
    fields = max(1, int(np.ceil((len(distance) - 1) * STEP / TAIL_STEP)))
    gap = max(1, len(distance) - 1) / fields                                                 # poses from tail to tail
    tails = {int(round(field * gap)): field for field in range(fields + 1)}
    for pose, (direct, wet, level, splice) in enumerate(_poses(rng, room, motion, origin)):
        said = _said(speech, motion.at, pose, lambda away: 1 - away)
        _add(spoken, said, scale * (direct + wet))
        delay = int(round((distance[pose] - distance.min()) / SPEED * RATE))
        _add(image, said, scale * early(direct, wet, delay))
        if pose in tails:
            length = int(origin + (splice - room.mixing_time + room.decay.max()) * RATE) + 1
            field = shoebox.high_pass(shoebox.tail(room, motion.mics[pose], rng, length, origin, splice, level))
            said = _said(speech, motion.at / gap, tails[pose], lambda away: np.cos(0.5 * np.pi * away))
            _add(spoken, said, scale * field)
    return spoken, image


def _poses(rng, room, motion, origin):
    """Direct path and early reflections [mic, length], and level and splice of the tail, of one pose after the other. They
    share the images' displacements."""
    centre, middle = motion.mics[0].mean(0), motion.talker.mean(0)
    away = np.linalg.norm(motion.talker - centre, axis=1) / SPEED
    span = np.linalg.norm(motion.talker - middle, axis=1).max()
    reach = max(shoebox.reach_of(away.max() + room.mixing_time, mics) for mics in motion.mics) + span
    base, signs, hits = shoebox.lattice(room, middle, centre, reach)
    base = base + shoebox.displacement(rng, hits.sum((0, 1)))
    length = int(origin + (away.max() + room.mixing_time + FADE) * RATE) + EARLY_LENGTH
    for talker, mics, straight in zip(motion.talker, motion.mics, away):
        places, splice = base + signs * (talker - middle), straight + room.mixing_time
        gains = shoebox.attenuation(room, places, hits, centre)
        direct, wet = shoebox.early_paths(mics, places, gains, splice, length, origin)
        times = np.linalg.norm(places - centre, axis=1)[1:] / SPEED
        yield direct, shoebox.high_pass(wet), shoebox.tail_level(room, times, gains[1:], splice), splice


def _said(speech, at, pose, fade):
    """Where the first sample is, and the samples, of what is said nearer than 1 to a pose, weighted by fade(how near)."""
    begin, end = np.searchsorted(at, [pose - 1, pose + 1], side="right")
    return begin, speech[begin:end] * fade(np.minimum(np.abs(at[begin:end] - pose), 1))


def _add(total, said, response):
    """Adds what `said` is through a response [mic, length], its LEAD taken off."""
    first, piece = said[0] - LEAD, said[1]
    if len(piece) == 0:
        return
    part = fftconvolve(piece[None], response, axes=1)[:, max(0, -first): total.shape[1] - first]
    first = max(0, first)
    total[:, first: first + part.shape[1]] += part
