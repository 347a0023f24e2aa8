"""Objective measures of enhanced speech against its clean reference."""
import numpy as np
from pesq import NoUtterancesError, pesq
from pystoi import stoi

from .validation import si_sdr

RATE = 16000


def score(estimate, reference):
    """SI-SDR in dB, wide-band PESQ, STOI. PESQ is NaN where it finds no speech."""
    try:
        quality = pesq(RATE, reference, estimate, "wb")
    except NoUtterancesError:
        quality = float("nan")
    return {"si_sdr": float(si_sdr(estimate, reference)), "pesq_wb": float(quality),
            "stoi": float(stoi(reference, estimate, RATE))}


def mean_rows(rows):
    """Column means without the NaN of single files."""
    return {name: round(float(np.nanmean([row[name] for row in rows])), 3) for name in rows[0]}


def level_drop(before, after):
    """How many dB lower the second signal is; digital silence counts as -150 dB full scale."""
    power = [10 * np.log10(np.mean(np.square(x, dtype=np.float64)) + 1e-15) for x in (before, after)]
    return power[0] - power[1]
