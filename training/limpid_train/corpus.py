"""Packs corpora, each described by its manifest.csv, into int16 arrays that training maps into memory."""
import csv
import hashlib
import json
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import soundfile

from .atomic import alone_in, written_beside
from .augment import from_direct_sound
from .floors import without_floor

RATE = 16000
COLUMNS = ["path", "kind", "source", "speaker", "language", "seconds", "licence", "split"]  # of a manifest


def read_manifest(corpus):
    """Rows of manifest.csv as dictionaries."""
    with open(Path(corpus) / "manifest.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_manifest(folder, rows, columns=COLUMNS):
    with open(Path(folder) / "manifest.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])


def read_mono(path):
    """One file as float32 mono at the recipe's rate; any other rate is refused rather than resampled, and so is
    what has no samples or not only numbers."""
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != RATE:
        raise ValueError(f"{path}: {rate} Hz where {RATE} Hz is expected")
    if not len(audio):
        raise ValueError(f"{path}: no samples")
    if not np.all(np.isfinite(audio[:, 0])):
        raise ValueError(f"{path}: not finite")
    return audio[:, 0]


def to_int16(audio):
    return np.clip(np.rint(audio * 32768), -32768, 32767).astype(np.int16)


def decoded(job):
    """What is kept of a file, job = (kind, path)."""
    kind, path = job
    return from_direct_sound(read_mono(path)) if kind == "rir" else to_int16(read_mono(path))


def folders_of(corpus):
    """One folder or several."""
    return [Path(corpus)] if isinstance(corpus, (str, Path)) else [Path(folder) for folder in corpus]


def described(corpus):
    """What tells corpora apart: of each the folder and a hash of its manifest, in their order."""
    return [{"folder": str(folder.resolve()), "manifest": hashlib.sha256((folder / "manifest.csv").read_bytes()).hexdigest()}
            for folder in folders_of(corpus)]


def check_packed(packed, corpus, cache):
    """Refuses a cache that was packed from other corpora. The manifests decide: a corpus may have been moved."""
    asked = described(corpus)
    if [part["manifest"] for part in packed] != [part["manifest"] for part in asked]:
        was, wanted = (", ".join(f"{part['folder']} (manifest {part['manifest'][:8]})" for part in parts)
                       for parts in (packed, asked))
        raise ValueError(f"{cache}: packed from {was}, where {wanted} is asked for; use another --cache or delete it")


def pack(corpus, cache, processes=1):
    """Decodes every file once. Opus decoding would otherwise cost more than mixing does."""
    (cache / "quiet.bin").unlink(missing_ok=True)  # of the speech that was here before
    index = {"speech": [], "noise": [], "rir": []}
    for kind in index:
        rows = [row | {"file": folder / row["path"]} for folder in folders_of(corpus) for row in read_manifest(folder)
                if row["kind"] == kind]
        position = 0
        with open(cache / f"{kind}.bin", "wb") as out, Pool(processes) as pool:
            for row, audio in zip(rows, pool.imap(decoded, [(kind, row["file"]) for row in rows], chunksize=8)):
                out.write(audio.tobytes())
                index[kind].append({"path": row["path"], "source": row["source"], "speaker": row["speaker"],
                                    "split": row["split"], "start": position, "length": len(audio)})
                position += len(audio)
    index["corpora"] = described(corpus)
    with written_beside(cache / "index.json") as path:  # last: its presence says that the cache is whole
        path.write_text(json.dumps(index))


def pack_quiet(cache, items, processes=1):
    """Speech once more, without the noise of its recordings: what is the target of training."""
    speech = np.memmap(cache / "speech.bin", mode="r", dtype=np.int16)
    recordings = (speech[item["start"]:][:item["length"]].astype(np.float32) / 32768 for item in items)
    with written_beside(cache / "quiet.bin") as path, open(path, "wb") as out, Pool(processes) as pool:
        for audio in pool.imap(without_floor, recordings, chunksize=4):
            out.write(to_int16(audio).tobytes())


def read_index(corpus, cache):
    """{kind: items} of a packed cache, if it is one of these corpora. A cache that does not say what it was packed from, as
    older ones, is taken as it is."""
    index = json.loads((cache / "index.json").read_text())
    packed = index.pop("corpora", None)
    if packed is not None:
        check_packed(packed, corpus, cache)
    missing = [kind for kind, rows in index.items() if not rows]
    if missing:
        raise ValueError(f"{corpus}: no files of the kind: {', '.join(missing)}")
    return index


def complete(corpus, cache, processes):
    """Packs what is not there yet. Of several that begin at once, the first one."""
    with alone_in(cache):
        if not (cache / "index.json").exists():
            pack(corpus, cache, processes)
        if not (cache / "quiet.bin").exists():
            pack_quiet(cache, read_index(corpus, cache)["speech"], processes)


class Corpus:
    """The packed arrays and their index, restricted to one split. "quiet" has the items of "speech"."""

    def __init__(self, corpus, cache, split, processes=1):
        cache = Path(cache)
        if not (cache / "index.json").exists() or not (cache / "quiet.bin").exists():
            complete(corpus, cache, processes)
        index = read_index(corpus, cache)
        self.split = split
        self.items = {kind: [item for item in rows if item["split"] == split] for kind, rows in index.items()}
        self.arrays = {kind: np.memmap(cache / f"{kind}.bin", mode="r", dtype=np.float32 if kind == "rir" else np.int16)
                       for kind in (*index, "quiet")}

    def read(self, kind, item, offset, count):
        """Samples [offset, offset + count) of an item as float32, full scale 1, wrapping at its end."""
        begin = item["start"]
        piece = self.arrays[kind][begin + offset: begin + min(offset + count, item["length"])]
        piece = piece.astype(np.float32)
        while len(piece) < count:
            more = self.arrays[kind][begin: begin + min(item["length"], count - len(piece))]
            piece = np.concatenate([piece, more.astype(np.float32)])
        return piece if kind == "rir" else piece / 32768
