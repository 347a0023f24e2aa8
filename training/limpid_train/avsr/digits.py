"""Noisy strings of spoken digits with their words.

Recordings: the Free Spoken Digit Dataset (https://github.com/Jakobovski/free-spoken-digit-dataset, CC BY-SA 4.0), 3000 real
isolated digits of six English speakers at 8 kHz. Strings of them are spliced, so there is no coarticulation between words.
Noise: the corpus's, its valid split for the tests. One voice is never trained on; of the others recordings 0-4 are not.
"""
import csv
from pathlib import Path

import numpy as np
import soundfile
import torch
from scipy.signal import resample_poly

from .features import log_mel, synthetic_lips

RATE, HOP = 8000, 80
NOBODY = 10  # the label of frames between digits
UNHEARD = "lucas"  # the voice of the second test
BUCKETS = ((112, 2), (176, 3), (240, 4))  # audio frames of an example, most digits in it
TRIES = 1000  # for a string with a digit in it


def recordings(folder):
    """[(digit, speaker, index, samples)] of the data set's `recordings`."""
    found = []
    for path in sorted(Path(folder).glob("*_*_*.wav")):
        digit, speaker, index = path.stem.split("_")
        audio, rate = soundfile.read(path, dtype="float32")
        if rate != RATE:
            raise ValueError(f"{path}: {rate} Hz where {RATE} Hz is expected")
        found.append((int(digit), speaker, int(index), audio / max(1e-4, np.sqrt(np.mean(audio ** 2)))))
    if not found:
        raise FileNotFoundError(f"{folder}: no files named DIGIT_SPEAKER_INDEX.wav")
    return found


def split(items, part):
    """train; test: recordings 0-4 of the voices in it; unheard: the voice that training never heard."""
    if part == "unheard":
        return [item for item in items if item[1] == UNHEARD]
    return [item for item in items if item[1] != UNHEARD and (item[2] >= 5) == (part == "train")]


def noises(corpus, part, seed, count=120, seconds=15):
    """Pieces of noise recordings at 8 kHz."""
    with open(Path(corpus) / "manifest.csv", newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["kind"] == "noise" and r["split"] == ("train" if part == "train" else "valid")]
    rng = np.random.default_rng(seed)
    pieces = []
    for index in rng.permutation(len(rows))[:count]:
        row = rows[index]
        start = int(16000 * rng.uniform(0, max(0.0, float(row["seconds"]) - seconds)))
        audio, _ = soundfile.read(Path(corpus) / row["path"], start=start, frames=16000 * seconds, dtype="float32")
        if len(audio) >= 16000 and np.mean(audio ** 2) > 1e-8:
            pieces.append(resample_poly(audio, 1, 2).astype(np.float32))
    return pieces


def spoken(rng, items, length, most, vary):
    """[length] samples with 1 to `most` digits in them, the digits, and which one is said in each frame (or NOBODY).
    vary: speed and pitch by up to 15 %, a tilt."""
    voice = items[rng.integers(len(items))][1]
    own = [item for item in items if item[1] == voice]
    out, digits, at = np.zeros(length, np.float32), [], int(rng.uniform(0.02, 0.2) * RATE)
    said = np.full(length // HOP, NOBODY)
    speed = rng.uniform(0.87, 1.15) if vary else 1.0
    for _ in range(rng.integers(1, most + 1)):
        digit, _, _, audio = own[rng.integers(len(own))]
        if vary:
            audio = np.interp(np.arange(0, len(audio) - 1, speed), np.arange(len(audio)), audio).astype(np.float32)
        if at + len(audio) > length:
            break
        out[at:at + len(audio)] += audio * 10 ** (rng.uniform(-3, 3) / 20)
        digits.append(digit)
        said[at // HOP:(at + len(audio)) // HOP] = digit
        at += len(audio) + int(rng.uniform(0.0, 0.15) * RATE)
    if vary and digits:
        tilt = rng.uniform(-0.4, 0.4)
        out[1:] += tilt * out[:-1]
    return out, digits, said


def string(rng, items, length, most, vary):
    """As spoken(), with at least one digit."""
    for _ in range(TRIES):
        found = spoken(rng, items, length, most, vary)
        if found[1]:
            return found
    raise ValueError(f"of {TRIES} recordings none fits into {length / RATE:.2f} s; the shortest has "
                     f"{min(len(audio) for *_, audio in items) / RATE:.2f} s")


def mixed(rng, clean, pieces, snr):
    """Speech in a piece of noise; snr in dB of the power while somebody speaks."""
    piece = pieces[rng.integers(len(pieces))]
    start = rng.integers(max(1, len(piece) - len(clean)))
    noise = np.resize(piece[start:start + len(clean)], len(clean))
    active = clean[np.abs(clean) > 1e-6]
    power = np.mean(active ** 2) if len(active) else 1.0
    return clean + noise * np.sqrt(power / 10 ** (snr / 10) / max(1e-12, np.mean(noise ** 2)))


def examples(rng, items, pieces, count, bucket, snr, vary, lip_noise=0.3):
    """A batch: audio [count, frames, bands], lips [count, frames / 4, 4], lists of digits, and what is said in each frame
    [count, frames]. snr: dB, or a range."""
    frames, most = bucket
    clean, noisy, words, said = [], [], [], []
    for _ in range(count):
        speech, digits, when = string(rng, items, frames * HOP, most, vary)
        clean.append(speech)
        noisy.append(mixed(rng, speech, pieces, rng.uniform(*snr) if isinstance(snr, tuple) else snr))
        words.append(digits)
        said.append(when)
    lips = synthetic_lips(torch.from_numpy(np.stack(clean)))
    lips = lips + lip_noise * torch.from_numpy(rng.standard_normal(lips.shape).astype(np.float32))
    return log_mel(torch.from_numpy(np.stack(noisy).astype(np.float32))), lips, words, torch.from_numpy(np.stack(said))
