"""Draws training examples: pairs (noisy, target) of float32 [N], mixed on the fly, a pure function of (seed, step). What is noisy
stays within (-1, 1)."""
import numpy as np
from scipy import fft
from scipy.signal import fftconvolve

from . import augment, distort, noises

KINDS = {"mixture": 0.85, "speech_only": 0.07, "noise_only": 0.08}
SOURCE_WEIGHTS = {"speechocean762": 0.40, "librispeech-251": 0.27, "picovoice-s2i": 0.08, "asterisk": 0.15,
                  "festvox-ru": 0.10, "gcompris-voices": 0.07, "klettres": 0.03, "rhasspy-kathleen": 0.02,
                  "tuxpaint-voices": 0.05, "audio-cmn": 0.03, "ktuberling": 0.02, "rhasspy-nathalie": 0.02, "kajongg": 0.005,
                  "thorsten": 0.005, "dutch-vl": 0.005,
                  "common-voice-omnilingo": 0.45, "common-voice-en": 0.20, "common-voice-fa": 0.10, "dspspeech20": 0.15,
                  "picovoice-wakewords": 0.08, "alphanumeric-accents": 0.06, "emodb": 0.05, "vctk-autovc": 0.04, "ljspeech": 0.04,
                  "fillets-ng-cs": 0.03, "freeswitch-callie": 0.03, "mycroft-precise-community": 0.03, "0ad-voices": 0.02,
                  "librispeech-misc": 0.02, "freeswitch-richard": 0.01, "cmu-arctic": 0.01, "gcin-voice": 0.01, "griduino-nato": 0.01,
                  "mfa-tests": 0.01, "pinyin-davinfifield": 0.01, "tokipona-ijo": 0.01}
NOISES = {"recording": 0.54, "texture": 0.08, "babble": 0.12, "coloured": 0.07, "hum": 0.05, "knocks": 0.04, "clatter": 0.10}
ROOMS = {"none": 0.52, "simulated": 0.34, "measured": 0.14}
RUMBLE = 0.3                                              # share of what has noise
WEAK = 0.12                                               # likewise: noise that is hardly there must not stay either
NARROW = 0.10                                             # share of what is low-passed
MOVING = 0.06                                             # likewise: whose gain changes
DISTORTIONS = {"none": 0.87, "clip": 0.04, "companded": 0.03, "coded": 0.06}


def draw(rng, table):
    return rng.choice(list(table), p=list(table.values()))


class Mixer:
    """Turns a random generator into examples of `seconds` seconds. `bank` holds simulated rooms (rooms.RoomBank)."""

    NEEDS = ("speech", "noise", "rir")

    def __init__(self, corpus, bank, seconds):
        self.corpus, self.bank, self.length = corpus, bank, int(seconds * augment.RATE)
        missing = [kind for kind in self.NEEDS if not corpus.items[kind]]
        if missing:
            raise ValueError(f"no files of the split {corpus.split} of the kind: {', '.join(missing)}")
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
        kind = draw(rng, KINDS)
        wet, target = np.zeros((2, self.length), np.float32)
        noise, room = np.zeros(self.length, np.float32), None
        if kind != "noise_only":
            wet, target, room = self._room(rng, *self._speech(rng))
        if kind != "speech_only":
            noise = self._noises(rng, room)
            noise *= self._gain(wet, noise, self._snr(rng))
            if rng.random() < RUMBLE:                                      # recordings have less than microphones in use
                rumble = noises.rumble(rng, self.length)
                noise += rumble * np.float32(self._gain(wet, rumble, -rng.uniform(-25, 8)))
        noisy = wet + noise
        if kind == "speech_only":
            noisy = target  # clean speech must pass as it is, so without its room
        return self._finish(rng, noisy, target, kind)

    @staticmethod
    def _snr(rng):
        """A little more often of the lower half of -5 to 25 dB; now and then above."""
        return rng.uniform(15, 40) if rng.random() < WEAK else -5 + 30 * rng.beta(1.2, 1.5)

    def _speech(self, rng):
        """[2, N]: speech as it was recorded, and without the noise of the recording."""
        pair = self._utterance(rng, rng.uniform(0.92, 1.09), ("speech", "quiet"))
        if rng.random() < 0.15:                                             # talker starts late or stops early
            edge = int(rng.uniform(0.1, 0.6) * self.length)
            pair[:, slice(edge) if rng.random() < 0.5 else slice(-edge, None)] = 0
        return pair

    def _utterance(self, rng, speed, kinds):
        """A segment of a uniformly drawn speaker, read `speed` times as fast."""
        source = self.sources[rng.choice(len(self.sources), p=self.source_weights)]
        speakers = list(self.speakers[source].values())
        items = speakers[rng.integers(len(speakers))]
        return self._segment(rng, kinds, items[rng.integers(len(items))], speed, 2, 3)

    def _segment(self, rng, kinds, item, speed, tilt, bump):
        count = fft.next_fast_len(int(self.length * speed), real=True)  # odd factors make transforms slow
        offset = int(rng.integers(max(1, item["length"] - count)))
        raw = np.stack([self.corpus.read(kind, item, offset, count) for kind in kinds])
        return augment.reshape(raw, lambda bins: augment.random_equaliser(rng, bins, tilt, bump), self.length)

    def _room(self, rng, speech, quiet):
        """Speech in a room, the target, and which room of the bank it was."""
        kind = draw(rng, ROOMS)
        if kind == "none":
            return speech, quiet, None
        if kind == "simulated":
            room = int(rng.integers(len(self.bank)))
            return *augment.reverberate(speech, quiet, self.bank.response(room, 0)), room
        rooms = self.corpus.items["rir"]
        item = rooms[rng.integers(len(rooms))]
        return *augment.reverberate(speech, quiet, self.corpus.read("rir", item, 0, item["length"])), None

    def _noises(self, rng, room):
        """One to three noises of random relative level, some from other places of the same or of any room."""
        total = np.zeros(self.length, np.float32)
        for _ in range(rng.choice([1, 2, 3], p=[0.60, 0.28, 0.12])):
            noise = self._noise(rng)
            if rng.random() < (0.2 if room is None else 0.5):
                noise = self._elsewhere(rng, noise, room)
            rms = np.sqrt(np.mean(noise ** 2))
            total += noise * (10 ** (rng.uniform(-10, 0) / 20) / (rms + 1e-6))
        return total

    def _elsewhere(self, rng, noise, room):
        """Noise through a response to one of a room's noise positions."""
        room = int(rng.integers(len(self.bank))) if room is None else room
        places = len(self.bank.rooms[room]["sources"])
        if places < 2:
            return noise
        response = self.bank.response(room, int(rng.integers(1, places)))
        return fftconvolve(noise, response)[: self.length].astype(np.float32)

    def _noise(self, rng):
        kind = draw(rng, NOISES)
        if kind == "babble":
            return sum(self._utterance(rng, rng.uniform(0.85, 1.15), ("speech",))[0] * rng.uniform(0.5, 1)
                       for _ in range(rng.integers(4, 8)))
        if kind in ("coloured", "hum", "knocks", "clatter"):
            return getattr(noises, kind)(rng, self.length)
        items = self.corpus.items["noise"]
        item = items[rng.choice(len(items), p=self.noise_weights)]
        recording = self._segment(rng, ("noise",), item, rng.uniform(0.6, 1.5), 4, 9)[0]
        if rng.random() < 0.3:
            recording = recording[::-1]                                     # another noise of the same spectrum
        return noises.texture(rng, recording) if kind == "texture" else recording

    @staticmethod
    def _gain(speech, noise, snr):
        """What brings noise so many dB below the active level of speech."""
        level = augment.active_level(speech)
        return (level if level > 0 else 0.05) / (np.sqrt(np.mean(noise ** 2)) + 1e-6) * 10 ** (-snr / 20)

    def _finish(self, rng, noisy, target, kind):
        """Narrow-band material and distortions now and then, a change of gain, and any level a user may have."""
        if rng.random() < NARROW:
            curve = augment.low_pass(rng, self.length // 2 + 1)
            noisy, target = (augment.reshape(x, lambda bins: curve, self.length) for x in (noisy, target))
        if rng.random() < MOVING:
            change = distort.gain_change(rng, self.length)
            noisy, target = noisy * change, target * change
        distortion = draw(rng, DISTORTIONS)
        if distortion != "none" and kind == "mixture":
            noisy = getattr(distort, distortion)(rng, noisy)
        gain = 10 ** (rng.uniform(-45, -5) / 20) / (np.sqrt(np.mean(noisy ** 2)) + 1e-6)
        gain = min(gain, 0.99 / (np.max(np.abs(noisy)) + 1e-6))
        return noisy * np.float32(gain), target * np.float32(gain)
