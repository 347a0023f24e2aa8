"""Where the clean speech is active, where it pauses, and how loud signals are there.

Frames are 20 ms without overlap. The active speech level is that of the frames whose mean power passes a threshold
15.9 dB below the level itself, the margin of ITU-T P.56 method B (here on frame powers, not on its envelope follower),
found by iteration.
"""
import numpy as np

FRAME = 0.02
MARGIN = 15.9        # dB, ITU-T P.56
SILENT = 40.0        # dB below the active level: silent whatever the recording's floor is
FLOOR = 6.0          # dB above the recording's own floor that still counts as floor
CLEARLY_BELOW = 20.0  # dB below the active level that a pause has to be in any case
GUARD = 2            # frames beside speech that belong to neither
TINY = 1e-15         # power of digital silence, -150 dB of full scale


def decibels(power):
    return 10 * np.log10(np.maximum(power, TINY))


def frame_powers(signal, rate):
    """Mean power of each whole 20 ms frame."""
    size = round(FRAME * rate)
    count = len(signal) // size
    return np.square(np.asarray(signal[:count * size], np.float64)).reshape(count, size).mean(1)


def active_level(powers):
    """Active speech level in dB of full scale of frame powers; None where there is nothing but silence."""
    loud = powers[powers > 10 * TINY]
    if not len(loud):
        return None
    level = decibels(loud.mean())
    for _ in range(50):
        active = loud[decibels(loud) > level - MARGIN]
        new = decibels(active.mean())
        if abs(new - level) < 1e-6:
            break
        level = new
    return float(new)


def activity(clean, rate):
    """Masks of the active frames and of the pauses of a clean signal.

    A pause is quieter than the active level by 40 dB, or is within 6 dB of the recording's own floor (its 5th percentile)
    and 20 dB below the active level; two frames beside anything louder do not count.
    """
    powers = frame_powers(clean, rate)
    level = active_level(powers)
    if level is None:
        return np.zeros(len(powers), bool), np.ones(len(powers), bool)
    db = decibels(powers)
    quiet = (db < level - CLEARLY_BELOW) & (db < max(level - SILENT, np.percentile(db, 5) + FLOOR))
    loud = np.convolve(~quiet, np.ones(2 * GUARD + 1), "same") > 0
    return db > level - MARGIN, ~loud


def change(before, after, mask):
    """Level of the second frame powers relative to the first over the frames of a mask, in dB; NaN without frames."""
    if not mask.any():
        return float("nan")
    return float(decibels(after[mask].mean()) - decibels(before[mask].mean()))


def level_drop(before, after):
    """How many dB lower the second signal is; digital silence counts as -150 dB of full scale."""
    power = [decibels(np.mean(np.square(x, dtype=np.float64))) for x in (before, after)]
    return float(power[0] - power[1])
