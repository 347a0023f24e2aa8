"""Collects recordings from where they were published, as a corpus to train with:
python -m limpid_train.collect collect.json OUT --clones CLONES --packages PACKAGES --apart-from CORPUS

A recipe says of each source where its files are (repositories of GitHub, Debian packages), which of them are taken and who
speaks. What is clipped, noisy (voices), silent or in CORPUS already is left out; utterances of a speaker and short sounds are
joined. Licences are those of more_recordings.json and further_recordings.json, under the same names."""
import argparse
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache, partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import soundfile

from . import cleaning, fingerprints, places, sources
from .augment import RATE
from .cleaning import Unusable
from .corpus import COLUMNS, read_manifest, write_manifest

LICENCES = [Path(__file__).parent.parent / name for name in ("more_recordings.json", "further_recordings.json")]
KEYS = {"id", "kind", "github", "debian", "files", "but", "speaker", "language", "minutes", "join"}
CLEANED = {"speech": cleaning.voice, "noise": cleaning.noise, "rir": cleaning.response}
LONG = {"speech": 180, "noise": 300}                      # seconds of a file at most
TOGETHER = 60                                             # seconds of short sounds that become a file
SHORT_SOUND = 8                                           # seconds
AT_ONCE = 64                                              # recordings, before it is asked whether there are enough
GAP = np.zeros(RATE // 4, np.float32)                     # between two utterances or sounds


def read_recipes(path):
    """{source: recipe} of a file, each checked."""
    recipes = json.loads(Path(path).read_text(encoding="utf-8"))
    for name, recipe in recipes.items():
        unknown = sorted(set(recipe) - KEYS)
        if unknown:
            raise ValueError(f"{name}: nothing is known of {', '.join(unknown)}")
        missing = [key for key in ("id", "kind", "files") if key not in recipe]
        if missing or not ("github" in recipe or "debian" in recipe):
            raise ValueError(f"{name}: says not {', '.join(missing) or 'where it is: github or debian'}")
        if recipe["kind"] not in CLEANED or recipe["kind"] == "speech" and "speaker" not in recipe:
            raise ValueError(f"{name}: the kind is speech with its speaker, noise or rir")
    return recipes


@cache
def written_down():
    return sources.read(LICENCES)


def licence_of(name, kind):
    found = written_down().get(sources.KINDS[kind], {}).get(name)
    if found is None:
        raise ValueError(f"{name}: no licence is written down for it in {' or '.join(path.name for path in LICENCES)}")
    return found


def found_files(recipe, clones, packages):
    """(place, name) of what a recipe takes, in the order of its places and of names."""
    found = [*(places.repository(name, clones) for name in recipe.get("github", ())),
             *(places.package(name, packages) for name in recipe.get("debian", ()))]
    return [(place, name) for place in found for name in places.chosen(place.names(), recipe["files"], recipe.get("but", ()))]


def group_of(pattern, name):
    """What the first group of a pattern finds in a name; a pattern without a group is the answer itself."""
    if "(" not in pattern:
        return pattern
    found = re.search(pattern, name)
    return found.group(1) if found else Path(name).stem


def joined_pieces(recipe, files):
    """Files as lists of those that are pieces of one recording, in the order of the numbers in their names."""
    if "join" not in recipe:
        return [[file] for file in files]
    whole = {}
    for place, name in sorted(files, key=lambda file: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", file[1])]):
        whole.setdefault(group_of(recipe["join"], name), []).append((place, name))
    return list(whole.values())


def made_of(kind, pieces):
    """Of the pieces of a recording where it was found, what cleaning makes of it and its fingerprint; or why it cannot be used."""
    try:
        parts = [place.read(name) for place, name in pieces]
        if None in parts:
            raise Unusable("not in the copy of the repository")
        audio = CLEANED[kind](cleaning.whole([cleaning.decoded(part) for part in parts]))
        return pieces[0][1], audio, fingerprints.words(audio), None
    except Unusable as reason:
        return pieces[0][1], None, None, str(reason)


def in_lengths(recordings, least, most):
    """Joins recordings, a gap between any two, into files of at least `least` seconds where there are enough; cuts at `most`."""
    parts, length = [], 0
    for audio in recordings:
        parts += [audio, GAP]
        length += len(audio) + len(GAP)
        if length >= least * RATE:
            yield from cut(np.concatenate(parts[:-1]), most)
            parts, length = [], 0
    if parts:
        yield from cut(np.concatenate(parts[:-1]), most)


def cut(audio, most):
    return [audio[i: i + most * RATE] for i in range(0, len(audio), most * RATE)]


def as_files(recipe, recordings, rng):
    """(speaker, audio) of the files that a source's recordings (name, audio) become."""
    kind = recipe["kind"]
    if kind == "rir":
        return [("", audio) for _, audio in recordings]
    if kind == "speech":
        speakers = {}
        for name, audio in recordings:
            speakers.setdefault(group_of(recipe["speaker"], name), []).append(audio)
        return [(speaker, audio) for speaker, said in speakers.items() for audio in in_lengths(said, LONG[kind] - 10, LONG[kind])]
    long = [part for _, audio in recordings if len(audio) >= SHORT_SOUND * RATE for part in cut(audio, LONG[kind])]
    short = [audio for _, audio in recordings if len(audio) < SHORT_SOUND * RATE]
    mixed = [short[i] for i in rng.permutation(len(short))]
    return [("", audio) for audio in [*long, *in_lengths(mixed, TOGETHER, LONG[kind])]]


def gathered(recipe, files, known, rng, pool):
    """(name, audio) of a source and how often each reason left one out. No more than the recipe's minutes, drawn at random."""
    wholes = joined_pieces(recipe, files)
    if "minutes" in recipe:
        wholes = [wholes[i] for i in rng.permutation(len(wholes))]
    recordings, left_out, seen, room = [], Counter(), set(), recipe.get("minutes", np.inf) * 60 * RATE
    for begin in range(0, len(wholes), AT_ONCE):
        for name, audio, words, reason in pool.map(partial(made_of, recipe["kind"]), wholes[begin: begin + AT_ONCE], chunksize=4):
            if reason is None:
                mark = hashlib.sha256(audio.tobytes()).digest()
                reason = "twice in this source" if mark in seen else "there already" if known.heard(words) else None
            if reason is not None:
                left_out[reason] += 1
            elif room > 0:
                seen.add(mark)
                recordings.append((name, audio))
                room -= len(audio)
        if room <= 0:
            break
    return recordings, left_out


def write_source(folder, recipe, licence, files):
    """Rows of the manifest for a source's files, which are written."""
    kind, rows = recipe["kind"], []
    place = Path(kind) / recipe["id"]
    (folder / place).mkdir(parents=True, exist_ok=True)
    for index, (speaker, audio) in enumerate(files):
        path = place / f"{index:04d}.flac"
        soundfile.write(folder / path, audio, RATE, subtype="PCM_24" if kind == "rir" else "PCM_16")
        rows.append([path.as_posix(), kind, recipe["id"], speaker, recipe.get("language", ""), f"{len(audio) / RATE:.2f}", licence, "train"])
    return rows


def known_of(corpus, pool):
    """What has to stay apart: every file of a corpus and of its evaluation sets."""
    if corpus is None:
        return fingerprints.Known([])
    listed = [Path(corpus) / row["path"] for row in read_manifest(corpus) if row["kind"] != "rir"]
    held_out = [path for path in sorted((Path(corpus) / "eval").rglob("*")) if path.suffix in (".wav", ".flac")]
    paths = [*listed, *held_out]
    return fingerprints.Known([(str(path), found) for path, found in zip(paths, pool.imap(words_of, paths, chunksize=8))])


def words_of(path):
    return fingerprints.words(cleaning.decoded(path.read_bytes()))


def collect(recipe, licence, folder, files, known, seed, pool):
    """Writes what is taken of a source's files; its rows of the manifest, and what there is to tell."""
    rng = np.random.default_rng((seed, *recipe["id"].encode()))  # whichever sources are asked for
    recordings, left_out = gathered(recipe, files, known, rng, pool)
    rows = write_source(folder, recipe, licence, as_files(recipe, recordings, rng))
    minutes = sum(float(row[COLUMNS.index("seconds")]) for row in rows) / 60
    why = ", ".join(f"{count} {reason}" for reason, count in left_out.most_common()) or "none left out"
    return rows, f"{len(files)} files, {len(recordings)} taken, {minutes:.1f} minutes in {len(rows)} files; {why}"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", help="JSON: {source: recipe}")
    parser.add_argument("output", help="a new folder")
    parser.add_argument("--clones", required=True, help="folder of clones OWNER+NAME; what is not there is cloned")
    parser.add_argument("--packages", required=True, help="folder of Debian packages; what is not there is downloaded")
    parser.add_argument("--apart-from", metavar="CORPUS", help="leave out what this corpus has, evaluation sets included")
    parser.add_argument("--only", nargs="+", metavar="ID", help="these sources alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    return parser.parse_args()


def main():
    """Exits with a message, in the end, where a source could not be had."""
    args = arguments()
    recipes = {name: recipe for name, recipe in read_recipes(args.recipes).items() if not args.only or recipe["id"] in args.only}
    licences = {name: licence_of(name, recipe["kind"]) for name, recipe in recipes.items()}
    folder, rows, missing = Path(args.output), [], []
    folder.mkdir(parents=True)
    with Pool(args.processes) as pool:
        known = known_of(args.apart_from, pool)
        for name, recipe in recipes.items():
            try:
                files = found_files(recipe, args.clones, args.packages)
            except subprocess.CalledProcessError as error:
                missing.append(f"{recipe['id']}: {' '.join(error.cmd)}: exit status {error.returncode}")
                continue
            more, told = collect(recipe, licences[name], folder, files, known, args.seed, pool)
            rows += more
            write_manifest(folder, rows)
            print(f"{recipe['id']}: {told}", flush=True)
    if missing:
        sys.exit("\n".join(["not collected:", *missing]))


if __name__ == "__main__":
    main()
