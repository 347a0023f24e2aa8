"""What a recording has to be, and what is made of it, before it can be learnt from. Signals are float32 [N] at RATE."""
import io

import numpy as np
import soundfile

from .augment import RATE, active_level
from .levels import frame_powers
from .scores import resampled

FRAME = RATE // 50
LEVEL, PEAK = 10 ** (-26 / 20), 0.89                      # of what is written
SILENT = 1e-6                                             # power of a frame, beside the loudest one
FLAT = 4                                                  # equal samples in a row at the very top: clipped
RANGES = {"long": 30.0, "short": 18.0}                    # dB between loud and quiet frames of a clean voice
SHORT = 1.5                                               # seconds that have hardly any pause
LONGEST_PAUSE, PAUSE = 0.8, 0.5                           # seconds; a longer one becomes such a one
KEPT_BEFORE_AND_AFTER = 0.15                              # seconds of silence at both ends of an utterance


class Unusable(Exception):
    """A recording that is left out; the message is the reason, the same one for all that have it."""


def decoded(data):
    """The first channel of a sound file's bytes."""
    try:
        audio, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise Unusable("cannot be decoded") from error
    if not np.all(np.isfinite(audio[:, 0])):
        raise Unusable("not finite")
    return resampled(audio[:, 0], rate)


def whole(parts):
    """A recording of its pieces, some of which may be silent, without its mean."""
    audio = np.concatenate(parts)
    if len(audio) < FRAME or not audio.any():
        raise Unusable("silent or empty")
    return (audio - audio.mean(dtype=np.float64)).astype(np.float32)


def trimmed(audio, quiet, around):
    """Without the frames at both ends whose power is below `quiet` of the loudest one's; `around` seconds of them stay."""
    power = frame_powers(audio, RATE)
    loud = np.flatnonzero(power > quiet * power.max())
    kept = int(around * RATE)
    return audio[max(0, loud[0] * FRAME - kept): (loud[-1] + 1) * FRAME + kept]


def is_clipped(audio):
    top = np.abs(audio) >= 0.999 * np.abs(audio).max()
    return bool(np.any(np.convolve(top, np.ones(FLAT), "valid") >= FLAT))


def check_voice(audio):
    """Refuses what is clipped, and what has so much noise that a target would teach to keep it."""
    if is_clipped(audio):
        raise Unusable("clipped")
    low, high = np.percentile(frame_powers(audio, RATE), [5, 95])
    if 10 * np.log10((high + 1e-20) / (low + 1e-20)) < RANGES["short" if len(audio) < SHORT * RATE else "long"]:
        raise Unusable("noisy")


def short_pauses(audio):
    """Pauses that are too long, cut in their middle."""
    power = frame_powers(audio, RATE)
    quiet = np.concatenate([[False], power < 10 ** -4 * np.percentile(power, 95), [False]])
    edges = np.flatnonzero(np.diff(quiet.astype(int))).reshape(-1, 2) * FRAME
    parts, begin = [], 0
    for start, end in edges:
        if end - start > LONGEST_PAUSE * RATE:
            half = int(PAUSE * RATE) // 2
            parts.append(audio[begin: start + half])
            begin = end - half
    return np.concatenate([*parts, audio[begin:]])


def levelled(audio, level):
    """At LEVEL, or less where samples would pass PEAK."""
    return audio * np.float32(min(LEVEL / (level + 1e-12), PEAK / (np.abs(audio).max() + 1e-12)))


def voice(audio):
    """An utterance: checked, its ends and pauses shortened, at one active level."""
    audio = trimmed(audio, 1e-4, KEPT_BEFORE_AND_AFTER)
    if len(audio) < RATE // 2:
        raise Unusable("shorter than half a second")
    check_voice(audio)
    audio = short_pauses(audio)
    return levelled(audio, active_level(audio))


def noise(audio):
    """A sound without the silence around it, at one RMS."""
    audio = trimmed(audio, SILENT, 0)
    return levelled(audio, np.sqrt(np.mean(audio ** 2)))


def response(audio):
    """A room's response, its largest sample 1."""
    return audio / np.abs(audio).max()
