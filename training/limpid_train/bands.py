"""What happens above 8 kHz, where a network trained on 16 kHz audio has seen nothing.

Powers of the band from 8 kHz (two bins above it, out of reach of the window's main lobe) to half the sample rate, of 20 ms
Hann frames every 10 ms. Speech frames are those in which the clean band is within 15.9 dB of its own active
level (`levels.active_level` of the band's frame powers) and louder than the noise in the band, so that what is measured
there is speech; pauses are those of the whole clean signal.
"""
import numpy as np
from scipy.signal import stft

from . import levels

EDGE = 8000


def band_powers(signal, rate, low=EDGE):
    """Power of the band in each 20 ms frame, on the frame grid of `levels` (the mean of the two half-overlapped frames)."""
    size = round(levels.FRAME * rate)
    count = len(signal) // size
    frequencies, _, spectrum = stft(signal[:count * size], rate, "hann", size, size // 2, boundary="zeros", padded=False)
    power = np.square(np.abs(spectrum[frequencies > low + 2 / levels.FRAME])).sum(0)[:2 * count]
    return power[:2 * (len(power) // 2)].reshape(-1, 2).mean(1)


def highs(noisy, output, clean, rate):
    """Level change of the speech above 8 kHz and noise reduction there in pauses, in dB; nothing below 24 kHz rate."""
    if rate < 3 * EDGE:
        return {}
    before, after, target, noise = (band_powers(x, rate) for x in (noisy, output, clean, noisy - clean))
    level = levels.active_level(target)
    if level is None:
        return {"highs_change_db": float("nan"), "highs_reduction_db": float("nan")}
    speech = (levels.decibels(target) > level - levels.MARGIN) & (target > noise)
    pauses = levels.activity(clean, rate)[1][:len(target)]
    return {"highs_change_db": levels.change(target, after, speech),
            "highs_reduction_db": -levels.change(before, after, pauses)}
