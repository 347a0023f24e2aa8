"""The row of scores of one file of one set. `noisy_` is the same measure of the untouched input."""
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from .artefacts import floor_modulation
from .levels import level_drop
from .onset import onset
from .scores import blind, resampled, score
from .sets import read_audio

CLEAN_IN = ("si_sdr", "pesq_wb", "stoi", "estoi", "level_change_db", "highs_change_db", "speech_kept_db",
            "word_ends_kept_db")
BLOCK = 0.05


def quiet_level(signal, rate):
    """Mean level in dB of the quietest tenth of the 50 ms blocks that are not digital silence; what `limpid enhance --json`
    calls pauses."""
    size = round(BLOCK * rate)
    blocks = np.square(signal[:len(signal) // size * size]).reshape(-1, size).mean(1)
    blocks = np.sort(blocks[blocks > 0])
    return 10 * np.log10(blocks[:max(1, len(blocks) // 10)].mean()) if len(blocks) else -150.0


def read_output(path, item, samples):
    """An output, or a clean file, at its input's rate. Another length is an error: time alignment would be a guess."""
    audio, rate = read_audio(path)
    audio = resampled(audio, rate, item.rate)
    if len(audio) != samples:
        raise ValueError(f"{path}: {len(audio)} samples, the input has {samples}")
    return audio


def with_noisy(function, noisy, output):
    """A measure that needs one signal, of input and output."""
    return {**{f"noisy_{name}": value for name, value in function(noisy).items()}, **function(output)}


def row_of(set_name, item, path, dnsmos=None):
    """All scores of one output file as a dictionary of numbers."""
    noisy, rate = read_audio(item.noisy)
    output = read_output(path, item, len(noisy))
    if set_name == "clean-in":
        scores = score(noisy, output, noisy, rate)
        return {name: scores[name] for name in CLEAN_IN if name in scores}
    if set_name == "silence":
        return {"peak": float(np.max(np.abs(output))), "peak_above_input": float(np.max(np.abs(output)) - np.max(np.abs(noisy)))}
    if set_name == "noise-only":
        return {**with_noisy(lambda x: {"floor_modulation_db": floor_modulation(x, rate)}, noisy, output),
                **onset(noisy, output, rate)}
    if item.clean is None:
        return {**with_noisy(lambda x: {"quiet_db": float(quiet_level(x, rate)), **blind(x, rate, dnsmos)}, noisy, output),
                "level_drop_db": level_drop(noisy, output)}
    clean = read_output(item.clean, item, len(noisy))
    return with_noisy(lambda x: score(noisy, x, clean, rate, dnsmos), noisy, output)


def rows_of(set_name, items, paths, jobs=1, dnsmos=None):
    """Rows in the order of the items, {"file": name, measure: value, ...}, computed in `jobs` processes."""
    arguments = [[set_name] * len(items), items, paths, [dnsmos] * len(items)]
    if jobs > 1:
        with ProcessPoolExecutor(jobs) as pool:
            rows = list(pool.map(row_of, *arguments))
    else:
        rows = list(map(row_of, *arguments))
    return [{"file": item.name, **row} for item, row in zip(items, rows)]
