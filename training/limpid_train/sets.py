"""The sets that are scored: folders of the corpus's eval/, and four made of what the corpus has."""
import csv
from collections import Counter, namedtuple
from pathlib import Path

import numpy as np
import soundfile

from .corpus import RATE, read_manifest
from .scores import TELEPHONE_RATE, resampled

SPEECH = ("vb60", "mix", "fullband")
ALL = (*SPEECH, "telephone", "real", "clean-in", "noise-only", "silence")  # any other folder of eval/ is a set as well
MADE = tuple(name for name in ALL if name not in (*SPEECH, "real"))
NOISE_SECONDS = 5

# `clean` is the path of the reference or None.
Item = namedtuple("Item", "name noisy clean rate")


def read_audio(path):
    """A mono file as float64 with its sample rate; one without samples is refused."""
    audio, rate = soundfile.read(path, dtype="float64", always_2d=True)
    if not len(audio):
        raise ValueError(f"{path}: no samples")
    return audio[:, 0], rate


def audio_files(folder):
    return sorted(path for path in Path(folder).iterdir() if path.suffix in (".wav", ".flac"))


def items_of(corpus, name, scratch, every=1):
    """Every n-th file of a set, as many of each SNR as can be. Sets that are no files of the corpus are written below `scratch`."""
    eval_folder, made = Path(corpus) / "eval", Path(scratch) / name
    if name == "telephone":
        pairs = list(narrowband(eval_folder / "vb60", made))
    elif name == "clean-in":
        pairs = [(path, path) for part in SPEECH if (eval_folder / part / "clean").is_dir()
                 for path in audio_files(eval_folder / part / "clean")]
    elif name in ("noise-only", "silence"):
        made.mkdir(parents=True, exist_ok=True)
        pairs = [(path, None) for path in (noises if name == "noise-only" else silences)(corpus, made)]
    else:
        pairs = pairs_in(eval_folder / name)
    check_names(corpus, name, [noisy for noisy, _ in pairs])
    chosen = every_nth(pairs, every, snrs(eval_folder / name))
    return [Item(noisy.stem, noisy, clean, soundfile.info(noisy).samplerate) for noisy, clean in chosen]


def pairs_in(folder):
    """The files of noisy/ and those of clean/ with the same names, or all files of a folder that has no noisy/, and no clean ones."""
    if (folder / "noisy").is_dir():
        return [(path, folder / "clean" / path.name) for path in audio_files(folder / "noisy")]
    if not folder.is_dir():
        raise ValueError(f"no set named {folder.name}: neither {', '.join(ALL)} nor a folder of {folder.parent}")
    return [(path, None) for path in audio_files(folder)]


def snrs(folder):
    """{stem: dB} of a set in whose table they are, else {}."""
    table = folder / f"{folder.name}.csv"
    if not table.exists():
        return {}
    with open(table, newline="", encoding="utf-8") as file:
        return {row["id"]: float(row["snr_db"]) for row in csv.DictReader(file)}


def every_nth(pairs, every, snr):
    """Counted from the lowest SNR to the highest, since SNRs that are in turn could be in step with n; in the order of `pairs`."""
    chosen = sorted(range(len(pairs)), key=lambda i: snr.get(pairs[i][0].stem, 0))[::every]
    return [pairs[i] for i in sorted(chosen)]


def check_names(corpus, name, paths):
    """Refuses an empty set, and one of whose outputs one would take the place of another."""
    if not paths:
        raise ValueError(f"{corpus}: no files of the set {name}; --sets leaves it out")
    seen = {}
    for path in paths:
        if path.stem in seen:
            raise ValueError(f"{name}: {seen[path.stem]} and {path} have the same name, and so would what is made of them")
        seen[path.stem] = path


def narrowband(source, folder):
    """Pairs of a set at the rate of telephones."""
    for part in ("noisy", "clean"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for noisy in audio_files(source / "noisy"):
        pair = []
        for part in ("noisy", "clean"):
            audio, rate = read_audio(source / part / noisy.name)
            pair.append(folder / part / f"{noisy.stem}.wav")
            soundfile.write(pair[-1], resampled(audio, rate, TELEPHONE_RATE), TELEPHONE_RATE, subtype="FLOAT")
        yield tuple(pair)


def noises(corpus, folder):
    """The first seconds of every noise of the valid split, under the name of its file where no other has it, else of its path."""
    paths = [Path(row["path"]) for row in read_manifest(corpus) if row["kind"] == "noise" and row["split"] == "valid"]
    stems = Counter(path.stem for path in paths)
    for path in paths:
        name = path.stem if stems[path.stem] == 1 else "_".join(path.with_suffix("").parts)
        audio, rate = read_audio(Path(corpus) / path)
        soundfile.write(folder / f"{name}.wav", audio[:NOISE_SECONDS * rate], rate, subtype="FLOAT")
        yield folder / f"{name}.wav"


def silences(_, folder):
    """Digital silence, and a dither that nobody hears."""
    dither = np.random.default_rng(0).uniform(-1, 1, 3 * RATE) * 2.0 ** -16
    for name, audio in (("digital_silence", np.zeros(3 * RATE)), ("dither", dither)):
        soundfile.write(folder / f"{name}.wav", audio, RATE, subtype="FLOAT")
        yield folder / f"{name}.wav"
