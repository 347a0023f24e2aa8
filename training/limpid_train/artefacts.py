"""Numbers for what can be heard to be wrong in an output, where a number can be defined.

Cells are those of a spectrogram of 20 ms Hann frames every 10 ms. With the reference at hand noise is input - clean,
and every cell is known to be speech (speech 5 dB above noise) or noise (noise 10 dB above speech).
"""
import numpy as np
from scipy.ndimage import median_filter
from scipy.signal import butter, sosfiltfilt, stft

from . import levels

WORD_END = 0.08       # seconds
WORD_MARGIN = 25.0    # dB below the active level: word ends are weaker than P.56's activity
PAUSE_IN_WORD = 0.1   # shorter gaps do not end a word
AUDIBLE = -70.0       # dB of full scale in one cell: quieter peaks are not counted
PEAK = 12.0           # dB above its surroundings


def cells(signal, rate):
    """Powers [bins, frames]; a full-scale sine is 1/4 in its bin. Frame i is centred on i * 10 ms."""
    size = round(levels.FRAME * rate)
    return np.square(np.abs(stft(signal, rate, "hann", size, size // 2, boundary="zeros", padded=True)[2]))


def on_cells(mask, frames):
    """A mask of 20 ms frames on the 10 ms grid of cells."""
    wide = np.repeat(mask, 2)[:frames]
    return np.concatenate([wide, np.zeros(frames - len(wide), bool)])


def word_parts(clean, rate):
    """Masks of the 20 ms frames in words, and of those in the last 80 ms of words that a pause follows."""
    powers = levels.frame_powers(clean, rate)
    level = levels.active_level(powers)
    if level is None:
        return np.zeros(len(powers), bool), np.zeros(len(powers), bool)
    words = levels.decibels(powers) > level - WORD_MARGIN
    gap, end = round(PAUSE_IN_WORD / levels.FRAME), round(WORD_END / levels.FRAME)
    ends = np.zeros(len(words), bool)
    for i in np.flatnonzero(words[:-1] & ~words[1:]):
        followed = len(words) > i + gap and not words[i + 1:i + 1 + gap].any()
        if followed and words[max(0, i - end + 1):i + 1].all():
            ends[max(0, i - end + 1):i + 1] = True
    return words, ends


def speech_kept(clean, output, speech, frames):
    """Power of the output relative to the clean one in speech cells of some frames, dB, and no cell counts for more than
    it held, so that noise elsewhere does not make up for what was cut."""
    chosen = speech & frames
    if not chosen.any():
        return float("nan")
    return float(levels.decibels(np.minimum(output, clean)[chosen].sum()) - levels.decibels(clean[chosen].sum()))


def isolated_peaks(power, frames):
    """Cells a second that stand 12 dB above the median of the 7 bins x 7 frames around them, and above both cells 30 ms
    before and after: the short tones of musical noise. Only frames of the mask, only audible cells."""
    if not frames.any():
        return float("nan")
    db = levels.decibels(power)
    peak = (db > AUDIBLE) & (db > median_filter(db, (7, 7)) + PEAK)
    for shift in (-3, 3):
        peak &= db > np.roll(db, shift, 1) + PEAK
    peak[:, :3] = peak[:, -3:] = False
    return float(peak[:, frames].sum() / (frames.sum() * levels.FRAME / 2))


def floor_modulation(signal, rate, low=4, high=16):
    """Standard deviation in dB of a signal's level between 4 and 16 Hz: how restless a noise floor is. NaN for signals
    shorter than a second or as good as silent."""
    power = levels.frame_powers(signal, rate)
    level = levels.decibels(power)
    if len(level) < 50 or np.median(level) < -100:
        return float("nan")
    band = butter(2, (low, high), "bandpass", fs=1 / levels.FRAME, output="sos")
    return float(np.std(sosfiltfilt(band, level)))


def artefacts(noisy, output, clean, rate):
    """Speech lost (all, word ends), noise let through under speech, bursts and isolated peaks left in pauses."""
    before, after, target, noise = (cells(x, rate) for x in (noisy, output, clean, noisy - clean))
    frames = target.shape[1]
    active, pauses = (on_cells(mask, frames) for mask in levels.activity(clean, rate))
    words, ends = (on_cells(mask, frames) for mask in word_parts(clean, rate))
    speech, drowned = target > noise * 10 ** 0.5, noise > target * 10
    under = drowned & active
    reduction = [levels.decibels(before[mask].sum()) - levels.decibels(after[mask].sum()) if mask.any() else np.nan
                 for mask in (under, np.broadcast_to(pauses, under.shape))]
    level = levels.active_level(levels.frame_powers(clean, rate))
    quiet = levels.frame_powers(output, rate)[levels.activity(clean, rate)[1]]
    burst = levels.decibels(quiet.max()) - level if len(quiet) and level is not None else np.nan
    return {"speech_kept_db": speech_kept(target, after, speech, words),
            "word_ends_kept_db": speech_kept(target, after, speech, ends),
            "reduction_under_speech_db": float(reduction[0]), "breathing_db": float(reduction[1] - reduction[0]),
            "loudest_pause_db": float(burst), "isolated_peaks": isolated_peaks(after, pauses)}
