"""Training examples for microphone arrays: (noisy [mic, sample], target [sample]) mixed on the fly in rooms of a bank."""
from functools import partial

import numpy as np
from scipy import fft

from . import arrays, augment
from .array_rooms import NOISES, TALKERS
from .mixing import KINDS, Mixer, draw

DIFFUSE = 0.7                                             # of examples
GAIN_DB, RIPPLE_DB, DELAY = 2.0, 1.0, 0.2                 # how unlike the microphones are: arrays.unlike
FADING = 64                                               # samples that the response of a microphone may last
ALIKE = 0.06                                              # of examples: all channels are the first, as in many recordings


def spread(signal, responses, length):
    """A signal through responses [mic, length] -> [mic, sample], the direct path back where the signal has it."""
    size = fft.next_fast_len(length + responses.shape[1], real=True)
    spectra = fft.rfft(responses, size) * fft.rfft(signal, size)
    return fft.irfft(spectra, n=size)[:, arrays.LEAD: arrays.LEAD + length]


def decimate(signals):
    """Half the rate, by leaving out the upper half of the spectrum."""
    count = signals.shape[-1] // 2
    return (0.5 * fft.irfft(fft.rfft(signals)[..., : count // 2 + 1], n=count)).astype(np.float32)


class ArrayMixer(Mixer):
    """Draws speech and noises as Mixer does and puts them into the rooms of an array_rooms.ArrayBank. The target is the
    direct path and 50 ms of reflections at microphone 0. `halved` gives everything at half the rate."""

    NEEDS = ("speech", "noise")

    def __init__(self, corpus, bank, seconds, halved=False):
        super().__init__(corpus, bank, seconds)
        self.halved = halved

    def example(self, rng):
        kind, room = draw(rng, KINDS), int(rng.integers(len(self.bank)))
        offsets = np.array(self.bank.rooms[room]["mics"])
        wet, target = np.zeros((len(offsets), self.length), np.float32), np.zeros(self.length, np.float32)
        if kind != "noise_only":
            wet, target = self._talker(rng, room)
        level = augment.active_level(wet[0]) or 0.05
        noise = np.zeros_like(wet)
        if kind != "speech_only":
            noise = self._field(rng, room, offsets)
            noise *= level * 10 ** (-self._snr(rng) / 20) / (np.sqrt(np.mean(noise[0] ** 2)) + 1e-9)
        noise += level * 10 ** (rng.uniform(-70, -50) / 20) * rng.standard_normal(noise.shape)   # of the sensors
        if rng.random() < ALIKE:
            noisy = np.broadcast_to((wet + noise)[0], wet.shape)
        else:
            noisy = self._heard(rng, wet + noise)
        scale = 10 ** (rng.uniform(-40, -10) / 20) / (np.sqrt(np.mean(noisy[0] ** 2)) + 1e-9)
        scale = min(scale, 0.99 / (np.max(np.abs(noisy)) + 1e-9))
        noisy, target = ((x * scale).astype(np.float32) for x in (noisy, target))
        return (decimate(noisy), decimate(target)) if self.halved else (noisy, target)

    @staticmethod
    def _snr(rng):
        return -5 + 25 * rng.beta(1.1, 1.4)

    def _heard(self, rng, sound):
        """What microphones make of the sound [mic, sample] where they are."""
        size = fft.next_fast_len(self.length + FADING, real=True)
        spectra = fft.rfft(sound, size) * arrays.unlike(rng, len(sound), size, GAIN_DB, RIPPLE_DB, DELAY)
        return fft.irfft(spectra, n=size)[:, : self.length]

    def _talker(self, rng, room):
        """Speech of moving level at all microphones, and the wanted part of it at microphone 0."""
        speech, quiet = self._speech(rng) * arrays.moving_level(rng, self.length, rng.uniform(0, 8), 2.0)
        response = self.bank.response(room, int(rng.integers(TALKERS)))
        early = response[:1, : arrays.LEAD + arrays.EARLY_SAMPLES]
        return spread(speech, response, self.length), spread(quiet, early, self.length)[0]

    def _field(self, rng, room, offsets):
        """One or two point noises, and often a diffuse one, each within 10 dB of the loudest."""
        total = np.zeros((len(offsets), self.length))
        for place in TALKERS + rng.permutation(NOISES)[: rng.integers(1, NOISES + 1)]:
            response = self.bank.response(room, int(place))
            total += arrays.noise_from(rng, self._noise(rng), partial(spread, responses=response, length=self.length))
        if rng.random() < DIFFUSE:
            field = arrays.diffuse_noise(self._independent(rng, len(offsets)), offsets)
            total += field * arrays.moving_level(rng, self.length, rng.uniform(0, 10)) * 10 ** (rng.uniform(-10, 0) / 20)
        return total

    def _independent(self, rng, count):
        """Stretches [count, sample] of one recording, all through one equaliser."""
        items = self.corpus.items["noise"]
        item = items[rng.choice(len(items), p=self.noise_weights)]
        pieces = np.stack([self.corpus.read("noise", item, int(rng.integers(item["length"])), self.length)
                           for _ in range(count)])
        curve = augment.random_equaliser(rng, self.length // 2 + 1, 4, 9)
        return fft.irfft(fft.rfft(pieces) * curve, n=self.length)
