"""How fast noise goes when a stream starts with nothing but noise."""
import numpy as np

from . import levels

WINDOW, STEP, GOAL = 0.1, 0.01, 30.0


def reduction_curve(noise, output, rate):
    """Reduction in dB of sliding 100 ms windows, one every 10 ms; window i ends at 0.1 s + i * 10 ms."""
    size, step = round(WINDOW * rate), round(STEP * rate)
    sums = [np.concatenate([[0], np.cumsum(np.square(x, dtype=np.float64))]) for x in (noise, output)]
    starts = np.arange(0, len(noise) - size + 1, step)
    before, after = (levels.decibels(np.maximum(s[starts + size] - s[starts], 0) / size) for s in sums)
    return before - after


def onset(noise, output, rate):
    """Seconds from the start to the end of the first 100 ms that are 30 dB lower (NaN: never), the reduction in dB
    within the first second, in its last 100 ms ("at 1 s"), and after it."""
    curve = reduction_curve(noise, output, rate)
    reached = np.flatnonzero(curve >= GOAL)
    parts = {"within_1s": slice(0, rate), "at_1s": slice(round(0.9 * rate), rate), "after_1s": slice(rate, None)}
    row = {"seconds_to_30db": float(reached[0] * STEP + WINDOW) if len(reached) else float("nan")}
    for name, part in parts.items():
        enough = len(noise[part]) >= round(WINDOW * rate)
        row[f"reduction_{name}_db"] = levels.level_drop(noise[part], output[part]) if enough else float("nan")
    return row
