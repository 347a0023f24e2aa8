"""The sets that are scored: recordings of the corpus's eval/ folder, and three made of what the corpus has."""
from collections import namedtuple
from pathlib import Path

import numpy as np
import soundfile

from .corpus import RATE, read_manifest

SPEECH = ("vb60", "mix", "fullband")
ALL = (*SPEECH, "real", "clean-in", "noise-only", "silence")
NOISE_SECONDS = 5

# `clean` is the path of the reference or None.
Item = namedtuple("Item", "name noisy clean rate")


def read_audio(path):
    """A mono file as float64 with its sample rate."""
    audio, rate = soundfile.read(path, dtype="float64", always_2d=True)
    return audio[:, 0], rate


def audio_files(folder):
    return sorted(path for path in Path(folder).iterdir() if path.suffix in (".wav", ".flac"))


def items_of(corpus, name, scratch, every=1):
    """Every n-th file of a set. Sets that are no files of the corpus are written below `scratch`."""
    eval_folder, made = Path(corpus) / "eval", Path(scratch) / name
    if name in SPEECH:
        pairs = [(path, eval_folder / name / "clean" / path.name) for path in audio_files(eval_folder / name / "noisy")]
    elif name == "clean-in":
        pairs = [(path, path) for part in SPEECH if (eval_folder / part / "clean").is_dir()
                 for path in audio_files(eval_folder / part / "clean")]
    elif name == "real":
        pairs = [(path, None) for path in audio_files(eval_folder / name)]
    elif name in ("noise-only", "silence"):
        made.mkdir(parents=True, exist_ok=True)
        pairs = [(path, None) for path in (noises if name == "noise-only" else silences)(corpus, made)]
    else:
        raise ValueError(f"no set named {name}; there are {', '.join(ALL)}")
    return [Item(noisy.stem, noisy, clean, soundfile.info(noisy).samplerate) for noisy, clean in pairs[::every]]


def noises(corpus, folder):
    """The first seconds of every noise of the valid split."""
    for row in read_manifest(corpus):
        if row["kind"] == "noise" and row["split"] == "valid":
            audio, rate = read_audio(Path(corpus) / row["path"])
            path = folder / f"{Path(row['path']).stem}.wav"
            soundfile.write(path, audio[:NOISE_SECONDS * rate], rate, subtype="FLOAT")
            yield path


def silences(_, folder):
    """Digital silence, and a dither that nobody hears."""
    dither = np.random.default_rng(0).uniform(-1, 1, 3 * RATE) * 2.0 ** -16
    for name, audio in (("digital_silence", np.zeros(3 * RATE)), ("dither", dither)):
        soundfile.write(folder / f"{name}.wav", audio, RATE, subtype="FLOAT")
        yield folder / f"{name}.wav"
