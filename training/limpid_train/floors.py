"""Takes a recording's own steady noise out of it. A target that keeps its noise teaches a network that weak steady noise belongs
to a voice, and it will then stay in what users record."""
import numpy as np
from scipy import ndimage, signal

from .augment import RATE

FRAME = RATE // 50
SIZE, OVERLAP = 512, 384
GAP = 5                                                   # frames of digital silence that part two utterances
SILENCE = 10 ** -7.5                                      # power of what is digital silence, after a lossy codec
LONG = RATE                                               # an utterance shorter than this has too few pauses of its own
QUIETEST = 0.1                                            # share of an utterance that is taken for its pauses
LOUDEST_FLOOR = 10 ** -2.5                                # of the voice: what is louder in the quietest frames is voice
OVERSUBTRACTION, LEAST_GAIN = 2.0, 10 ** (-25 / 20)


def transform(audio):
    return signal.stft(audio, nperseg=SIZE, noverlap=OVERLAP)[2]


def utterances(audio):
    """Slices of what lies between gaps of digital silence."""
    frames = audio[: len(audio) // FRAME * FRAME].reshape(-1, FRAME)
    silent = np.append(np.mean(frames ** 2, axis=1) < SILENCE, len(audio) % FRAME == 0)
    gaps = ndimage.binary_opening(silent, np.ones(GAP))
    labels, count = ndimage.label(~gaps)
    for place, in ndimage.find_objects(labels, count):
        yield slice(place.start * FRAME, min(place.stop * FRAME, len(audio)))


def noise_floor(power):
    """Mean power of every bin in the quietest frames of [bins, frames]; nothing where they are not quiet."""
    total = power.sum(0)
    audible = total > 2e-6 * np.median(total)
    if not audible.any():
        return np.zeros(len(power))
    quiet = audible & (total <= np.quantile(total[audible], QUIETEST))
    floor = power[:, quiet].mean(1)
    voice = np.quantile(total, 0.9)
    return floor * min(1.0, LOUDEST_FLOOR * voice / (floor.sum() + 1e-20))


def without_floor(audio):
    """A clean recording [N] without the noise that all of it has: 25 dB less of it in pauses, the voice as it was."""
    out = np.zeros_like(audio)
    whole = None
    for place in utterances(audio):
        piece = audio[place]
        if len(piece) < SIZE:
            out[place] = piece
            continue
        spectrum = transform(piece)
        power = np.abs(spectrum) ** 2
        if len(piece) < LONG:
            if whole is None:
                whole = noise_floor(np.abs(transform(audio)) ** 2)
            floor = whole
        else:
            floor = noise_floor(power)
        smooth = ndimage.uniform_filter(power, (3, 5), mode="nearest") + 1e-20
        gain = np.maximum(1 - OVERSUBTRACTION * floor[:, None] / smooth, LEAST_GAIN)
        out[place] = signal.istft(spectrum * gain, nperseg=SIZE, noverlap=OVERLAP)[1][: len(piece)]
    return out
