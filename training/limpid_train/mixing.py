"""Draws training examples: (noisy, target) pairs mixed on the fly, a pure function of (seed, step)."""
import numpy as np
from scipy import fft

from . import augment

KINDS = {"mixture": 0.87, "speech_only": 0.07, "noise_only": 0.06}
SOURCE_WEIGHTS = {"speechocean762": 0.40, "librispeech-251": 0.27, "picovoice-s2i": 0.08, "asterisk": 0.15,
                  "festvox-ru": 0.10}


class Mixer:
    """Turns a random generator into examples of `seconds` seconds."""

    def __init__(self, corpus, seconds):
        self.corpus, self.length = corpus, int(seconds * augment.RATE)
        self.speakers = {}
        for item in corpus.items["speech"]:
            self.speakers.setdefault(item["source"], {}).setdefault(item["speaker"], []).append(item)
        self.sources = list(self.speakers)
        weights = np.array([SOURCE_WEIGHTS.get(source, 0.1) for source in self.sources])
        self.source_weights = weights / weights.sum()
        seconds_of = np.array([item["length"] for item in corpus.items["noise"]], float)
        self.noise_weights = seconds_of ** 0.5 / np.sum(seconds_of ** 0.5)  # between "per file" and "per second"

    def batch(self, rng, size):
        pairs = [self.example(rng) for _ in range(size)]
        return np.stack([noisy for noisy, _ in pairs]), np.stack([target for _, target in pairs])

    def example(self, rng):
        kind = rng.choice(list(KINDS), p=list(KINDS.values()))
        wet, target = np.zeros((2, self.length), np.float32)
        noise = np.zeros(self.length, np.float32)
        if kind != "noise_only":
            wet, target = self._room(rng, self._speech(rng))
        if kind != "speech_only":
            noise = self._noises(rng)
            noise *= self._noise_gain(rng, wet, noise)
        noisy = wet + noise
        if kind == "speech_only":
            noisy = target  # clean speech must pass as it is, so without its room
        return self._finish(rng, noisy, target)

    def _speech(self, rng):
        piece = self._utterance(rng, rng.uniform(0.92, 1.09))
        if rng.random() < 0.15:                                             # talker starts late or stops early
            edge = int(rng.uniform(0.1, 0.6) * self.length)
            piece[slice(edge) if rng.random() < 0.5 else slice(-edge, None)] = 0
        return piece

    def _utterance(self, rng, speed):
        """A segment of a uniformly drawn speaker, read `speed` times as fast."""
        source = self.sources[rng.choice(len(self.sources), p=self.source_weights)]
        speakers = list(self.speakers[source].values())
        items = speakers[rng.integers(len(speakers))]
        return self._segment(rng, "speech", items[rng.integers(len(items))], speed, 2, 3)

    def _segment(self, rng, kind, item, speed, tilt, bump):
        count = fft.next_fast_len(int(self.length * speed), real=True)  # odd factors make transforms slow
        offset = int(rng.integers(max(1, item["length"] - count)))
        raw = self.corpus.read(kind, item, offset, count)
        return augment.reshape(raw, lambda bins: augment.random_equaliser(rng, bins, tilt, bump), self.length)

    def _room(self, rng, speech):
        draw = rng.random()
        if draw < 0.52:
            return speech, speech
        if draw < 0.78:
            return augment.reverberate(speech, augment.small_room(rng))
        rooms = self.corpus.items["rir"]
        item = rooms[rng.integers(len(rooms))]
        return augment.reverberate(speech, self.corpus.read("rir", item, 0, item["length"]))

    def _noises(self, rng):
        """One to three noises of random relative level."""
        total = np.zeros(self.length, np.float32)
        for _ in range(rng.choice([1, 2, 3], p=[0.60, 0.28, 0.12])):
            noise = self._noise(rng)
            rms = np.sqrt(np.mean(noise ** 2))
            total += noise * (10 ** (rng.uniform(-10, 0) / 20) / (rms + 1e-6))
        return total

    def _noise(self, rng):
        draw = rng.random()
        if draw < 0.14:
            return augment.coloured_noise(rng, self.length)
        if draw < 0.26:                                                     # fresh babble
            return sum(self._utterance(rng, rng.uniform(0.85, 1.15)) * rng.uniform(0.5, 1)
                       for _ in range(rng.integers(4, 8)))
        items = self.corpus.items["noise"]
        item = items[rng.choice(len(items), p=self.noise_weights)]
        return self._segment(rng, "noise", item, rng.uniform(0.6, 1.5), 4, 9)

    def _noise_gain(self, rng, speech, noise):
        """Gain for an SNR between -5 and 20 dB, drawn a little more often from its lower half."""
        snr = -5 + 25 * rng.beta(1.2, 1.6)
        level = augment.active_level(speech)
        return (level if level > 0 else 0.05) / (np.sqrt(np.mean(noise ** 2)) + 1e-6) * 10 ** (-snr / 20)

    def _finish(self, rng, noisy, target):
        """Narrow-band material now and then, and any level a user may have."""
        if rng.random() < 0.10:
            curve = augment.low_pass(rng, self.length // 2 + 1)
            noisy, target = (augment.reshape(x, lambda bins: curve, self.length) for x in (noisy, target))
        gain = 10 ** (rng.uniform(-45, -10) / 20) / (np.sqrt(np.mean(noisy ** 2)) + 1e-6)
        gain = min(gain, 0.99 / (np.max(np.abs(noisy)) + 1e-6))
        return noisy * np.float32(gain), target * np.float32(gain)
