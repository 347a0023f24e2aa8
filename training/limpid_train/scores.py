"""Objective measures of an enhanced signal, each a function of (input, output, clean) that names what it needs:
signals [N] of one length, full scale 1.

SI-SDR: Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019. WB-PESQ: ITU-T P.862.2; NB-PESQ, of signals at 8 kHz:
P.862 with the mapping of P.862.1. STOI: Taal et al., IEEE TASLP 19(7), 2011. ESTOI: Jensen and Taal, IEEE TASLP 24(11), 2016.
All but NB-PESQ take 16 kHz; other rates are resampled.
"""
import importlib.util
from math import gcd

import numpy as np
from scipy.signal import resample_poly

from . import levels
from .artefacts import artefacts
from .bands import highs
from .validation import si_sdr

RATE = 16000
TELEPHONE_RATE = 8000


def resampled(signal, rate, wanted=RATE):
    """A polyphase resampling to the wanted rate; the signal itself where nothing is to be done."""
    if rate == wanted:
        return signal
    common = gcd(rate, wanted)
    return resample_poly(signal, wanted // common, rate // common)


def pesq_of(estimate, reference, rate):
    """{"pesq_nb": MOS} at TELEPHONE_RATE, else {"pesq_wb": MOS}; NaN where it finds no speech, nothing without the `pesq` package."""
    if importlib.util.find_spec("pesq") is None:
        return {}
    from pesq import PesqError, pesq
    wanted, band = (rate, "nb") if rate == TELEPHONE_RATE else (RATE, "wb")
    try:
        mos = float(pesq(wanted, resampled(reference, rate, wanted), resampled(estimate, rate, wanted), band))
    except PesqError:
        mos = float("nan")
    return {f"pesq_{band}": mos}


def intelligibility(estimate, reference):
    """STOI and ESTOI; None without the `pystoi` package."""
    if importlib.util.find_spec("pystoi") is None:
        return None, None
    from pystoi import stoi
    return tuple(float(stoi(reference, estimate, RATE, extended=extended)) for extended in (False, True))


def si_sdr_above(estimate, reference, rate, edge=50.0):
    """SI-SDR of what lies above `edge` [Hz]. No voice is below 50 Hz, but the floor of a studio may be: rumble of the clean
    recording, which counts as speech that has to be kept."""
    def above(signal):
        bins = np.fft.rfft(signal)
        bins[:int(np.ceil(edge * len(signal) / rate))] = 0
        return np.fft.irfft(bins, len(signal))
    return float(si_sdr(above(estimate), above(reference)))


def levels_of(noisy, output, clean, rate):
    """Level change of the active speech, and noise reduction in the pauses, in dB.

    The level counts all of the output's power in the frames where the clean speech is active, noise that is left
    included, so a noisy input has a positive change.
    """
    powers = [levels.frame_powers(x, rate) for x in (noisy, output, clean)]
    active, pauses = levels.activity(clean, rate)
    return {"level_change_db": levels.change(powers[2], powers[1], active),
            "pause_reduction_db": -levels.change(powers[0], powers[1], pauses)}


def score(noisy, output, clean, rate, dnsmos=None):
    """All measures with a reference of one output; `noisy` itself as output gives the row to compare with."""
    noisy, output, clean = (np.asarray(x, np.float64) for x in (noisy, output, clean))
    estimate, reference = (resampled(x, rate) for x in (output, clean))
    stoi, estoi = intelligibility(estimate, reference)
    row = {"si_sdr": float(si_sdr(output, clean)), "si_sdr_50": si_sdr_above(output, clean, rate),
           **pesq_of(output, clean, rate), "stoi": stoi, "estoi": estoi,
           **levels_of(noisy, output, clean, rate), **highs(noisy, output, clean, rate),
           **artefacts(noisy, output, clean, rate), **blind(output, rate, dnsmos)}
    return {name: value for name, value in row.items() if value is not None}


def blind(output, rate, dnsmos):
    """What needs no reference."""
    return dnsmos(resampled(np.asarray(output, np.float64), rate)) if dnsmos else {}


def mean_rows(rows):
    """Column means without the NaN of single files; columns that are NaN throughout are left out."""
    means = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = np.array([row[name] for row in rows if name in row], np.float64)
        if np.isfinite(values).any():
            means[name] = float(np.mean(values[np.isfinite(values)]))
    return means
