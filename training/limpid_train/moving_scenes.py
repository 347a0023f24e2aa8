"""Scenes as arrays.scene makes them, in which the talker or the array moves or two talkers take turns."""
from dataclasses import dataclass

import numpy as np

from . import arrays, moving, rooms, shoebox
from .shoebox import RATE

KINDS = ("still", "walk", "jump", "turns", "array")
SPEED = 0.7                                               # m/s of a walk
DISTANCE = (0.5, 3.0)                                     # m from the array to a talker
APART = np.pi / 4                                         # of two places at least, seen from the array
TURN = (2.0, 4.0)                                         # s that one of two talkers speaks
ROTATION, ROTATION_SECONDS = np.pi / 2, 2.0               # of the array
FADE = int(0.01 * RATE)                                   # from one place to another one


@dataclass(frozen=True)
class Stage:
    """A room with an array in it; what the array hears of speech [sample] and the wanted part of that, [2, mic, sample]."""
    rng: np.random.Generator
    room: shoebox.Room
    centre: np.ndarray
    mics: np.ndarray
    reference: int

    def place(self):
        return rooms.target_position(self.rng, self.room, self.centre, *DISTANCE)

    def standing(self, place, speech):
        direct, wet = arrays.responses(self.room, place, self.mics, self.reference, self.rng)
        return np.stack([arrays.through(speech, direct + wet), arrays.through(speech, arrays.early(direct, wet))])

    def walking(self, start, speed, speech):
        corners = self.way(start, speed * len(speech) / RATE)
        return moving.heard(self.rng, self.room, speech, moving.walk(self.mics, corners, speed, len(speech)), self.reference)

    def turning(self, place, speech):
        """The array turns by ROTATION from the middle on."""
        begin = len(speech) / RATE / 2
        motion = moving.turn(self.mics, place, ROTATION, begin, begin + ROTATION_SECONDS, len(speech))
        return moving.heard(self.rng, self.room, speech, motion, self.reference)

    def way(self, start, length):
        """Corners [n, 3] of a way of at least `length` metres at one height, nowhere nearer to the array than a talker may be."""
        corners, gone = [start], 0
        while gone <= length + moving.STEP:
            aim = self.place()
            aim[2] = start[2]
            leg = aim - corners[-1]
            nearest = np.clip(np.dot(self.centre - corners[-1], leg) / np.dot(leg, leg), 0, 1)
            if np.linalg.norm(corners[-1] + nearest * leg - self.centre) >= 0.99 * DISTANCE[0]:
                corners.append(aim)
                gone += np.linalg.norm(leg)
        return np.stack(corners)

    def elsewhere(self, place):
        """Another place, APART from the first."""
        while True:
            other = self.place()
            one, two = (np.arctan2(*(x - self.centre)[1::-1]) for x in (place, other))
            if np.abs(np.angle(np.exp(1j * (one - two)))) > APART:
                return other


def scene(rng, kind, speeches, noises, layout, snr_db, diffuse=None, reference=0, speed=SPEED):
    """One of KINDS: nobody moves; the talker walks all the time at `speed` m/s; the talker is elsewhere from the middle on; two
    talkers take turns at two places; the array turns from the middle on. `speeches` are two signals [sample], of which all
    kinds but "turns" use the first; the rest as in arrays.scene. about["changes"]: when something changes, in seconds."""
    room = shoebox.random_room(rng, 0.2, 1.2, width=(3, 10))
    offsets, gains = arrays.built(rng, layout)
    centre = rooms.position(rng, room, arrays.CLEARANCE)
    stage = Stage(rng, room, centre, centre + offsets, reference)
    seconds, shape = len(speeches[0]) / RATE, (len(offsets), len(speeches[0]))
    hear = (lambda place: lambda signal: stage.turning(place, signal)[0]) if kind == "array" else None
    noise, places = arrays.noise_field(rng, room, centre, stage.mics, reference, noises, diffuse, shape, hear)
    start = stage.place()
    other = stage.elsewhere(start)
    one, two = (speech * arrays.moving_level(rng, shape[1], rng.uniform(0, 8), 2.0) for speech in speeches)
    middle = [seconds / 2]
    if kind == "walk":
        changes, (spoken, image) = [], stage.walking(start, speed, one)
    elif kind == "array":
        changes, (spoken, image) = middle, stage.turning(start, one)
    else:
        changes = {"turns": turns(rng, seconds), "jump": middle, "still": []}[kind]          # drawn for all: the rest is alike
        first = at_first(changes, shape[1])
        later = two if kind == "turns" else one
        spoken, image = stage.standing(start, first * one) + stage.standing(other, (1 - first) * later)
    about = {**arrays.facts(room, centre, offsets, reference, start, places, snr_db), "changes": changes}
    return arrays.mixed(rng, spoken, image, noise, gains, reference, about)


def turns(rng, seconds):
    """When one talker gives way to the other."""
    ends = np.cumsum(rng.uniform(*TURN, int(seconds / TURN[0]) + 1))
    return ends[ends < seconds - TURN[0]].round(3).tolist()


def at_first(changes, length):
    """How much [sample] is said at the first of two places."""
    time = np.arange(length)
    faded = [np.clip((time - change * RATE) / FADE, 0, 1) for change in changes]
    return 1 - sum(faded[::2], np.zeros(length)) + sum(faded[1::2], np.zeros(length))
