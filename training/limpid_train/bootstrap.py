"""Intervals that say which differences are more than chance of the files drawn (Efron and Tibshirani, "An Introduction
to the Bootstrap", 1993, chapter 13: percentile intervals)."""
import numpy as np

RESAMPLES = 10000


def interval(values, level=0.95, seed=0):
    """Mean of the finite values and the percentile interval of that mean. For paired comparisons the values are the
    differences of each file. Fewer than two values give an interval that says nothing: (nan, nan)."""
    values = np.asarray(values, np.float64)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return (float(values[0]) if len(values) else float("nan")), float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(1), [(1 - level) / 2, (1 + level) / 2])
    return float(values.mean()), float(low), float(high)


def paired(rows, others, name):
    """Difference `rows - others` of one measure over the files that both have, with its interval and count."""
    by_file = {row["file"]: row.get(name, float("nan")) for row in others}
    differences = [row.get(name, float("nan")) - by_file[row["file"]] for row in rows if row["file"] in by_file]
    return (*interval(differences), int(np.isfinite(differences).sum()))
