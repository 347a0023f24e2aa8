"""The held-out set for arrays, from the valid split of a corpus; the same seed gives the same files:
python -m limpid_train.make_array_set --corpus C --mics 4 --count 40 --output DIR

DIR/noisy and DIR/image hold one channel per microphone, DIR/clean the target at the reference microphone (direct path
and 50 ms of reflections), set.csv one row per file."""
import argparse
import csv
import json
from pathlib import Path

import numpy as np
import soundfile

from . import arrays, moving_scenes
from .augment import active_level
from .corpus import read_manifest, read_mono
from .shoebox import RATE

SNRS = (-5, 0, 5, 10, 15)                                 # dB, in turn
AUDIBLE = 0.005                                           # active level of speech
SECONDS = 6
TRIES = 1000                                              # for a stretch with speech in it


class Valid:
    """Draws segments of the valid rows; files are read when first used."""

    def __init__(self, corpus):
        self.corpus, self.read = Path(corpus), {}
        self.rows = {kind: sorted(row["path"] for row in read_manifest(corpus)
                                  if row["kind"] == kind and row["split"] == "valid") for kind in ("speech", "noise")}
        for kind, rows in self.rows.items():
            if not rows:
                raise ValueError(f"{corpus}: no {kind} in the valid split")

    def segment(self, rng, path, length):
        """`length` samples from a random place, going round at the end of the file."""
        if path not in self.read:
            self.read[path] = read_mono(self.corpus / path)
        audio = self.read[path]
        return np.take(audio, np.arange(length) + rng.integers(len(audio)), mode="wrap").astype(np.float64)

    def speech(self, rng, length, other=None):
        """A stretch of another file than `other`."""
        for _ in range(TRIES):
            path = self.rows["speech"][rng.integers(len(self.rows["speech"]))]
            piece = self.segment(rng, path, length)
            if path != other and active_level(piece) > AUDIBLE:
                return path, piece
        raise ValueError(f"{self.corpus}: of {TRIES} stretches of speech in the valid split none is louder than "
                         f"{20 * np.log10(AUDIBLE):.0f} dBFS" + (f" and not of {other}" if other else ""))

    def noise(self, rng, length, count=1):
        """`count` stretches [count, length] of one file."""
        path = self.rows["noise"][rng.integers(len(self.rows["noise"]))]
        return path, np.stack([self.segment(rng, path, length) for _ in range(count)])


def example(valid, seed, index, mics, seconds=SECONDS, reference=0, moving=None, speed=moving_scenes.SPEED, layout=None,
            snr=None):
    """Scene `index` and the paths it is made of; it depends on nothing but its arguments. With `moving`, one of
    moving_scenes.KINDS; with `layout`, microphones in other places than the usual ones; with `snr`, that in place of SNRS."""
    rng, length = np.random.default_rng((seed, mics, index)), int(seconds * RATE)
    talkers = [valid.speech(rng, length)]
    if moving:
        talkers.append(valid.speech(rng, length, talkers[0][0]))
    points = [valid.noise(rng, length) for _ in range(rng.integers(1, 3))]
    field_path, field = valid.noise(rng, length, mics) if rng.random() < 0.7 else ("", None)
    said, noises = [speech for _, speech in talkers], [signal[0] for _, signal in points]
    layout = arrays.usual_layout(mics) if layout is None else layout
    options = {"reference": reference, "snr_db": SNRS[index % len(SNRS)] if snr is None else snr, "diffuse": field}
    if moving:
        made = moving_scenes.scene(rng, moving, said, noises, layout, speed=speed, **options)
    else:
        made = arrays.scene(rng, said[0], noises, layout, **options)
    return made, {"speech": " ".join(path for path, _ in talkers), "noise": [path for path, _ in points], "diffuse": field_path}


def write_scenes(folder, scenes):
    """Writes scenes (name, arrays.Scene, its columns of set.csv) as a set; set.csv comes last."""
    folder, rows = Path(folder), []
    for part in ("noisy", "image", "clean"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, made, facts in scenes:
        for part, audio in (("noisy", made.noisy.T), ("image", made.image.T), ("clean", made.target)):
            soundfile.write(folder / part / f"{name}.wav", audio, RATE, subtype="PCM_24")
        rows.append({"name": name, "reference": made.reference, **facts})
    with open(folder / "set.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def simulated(corpus, mics, count, seed, seconds=SECONDS, moving=None, speed=moving_scenes.SPEED, layout=None, snr=None):
    """The scenes of a set, for write_scenes."""
    valid = Valid(corpus)
    for index in range(count):
        made, paths = example(valid, seed, index, mics, seconds, moving=moving, speed=speed, layout=layout, snr=snr)
        facts = {key: value if isinstance(value, float) else json.dumps(np.round(value, 5).tolist())
                 for key, value in made.about.items()}
        facts.update({key: f"{facts[key]:.3f}" for key in ("snr_db", "rt60", "distance")})
        yield f"array{mics}_{index:03d}", made, {**facts, "speech": paths["speech"], "noise": " ".join(paths["noise"]),
                                                 "diffuse": paths["diffuse"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--mics", type=int, default=4, choices=range(2, 9))
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of a scene")
    parser.add_argument("--moving", choices=moving_scenes.KINDS, help="what happens in a scene (limpid_train.moving_scenes)")
    parser.add_argument("--speed", type=float, default=moving_scenes.SPEED, help="m/s of a talker who walks")
    parser.add_argument("--scale", type=float, default=1.0, help="of the usual layout: 2 gives two microphones 16 cm apart")
    parser.add_argument("--line", type=float, metavar="M", help="microphones in a line with gaps of so many metres in place of it")
    parser.add_argument("--snr", type=float, metavar="DB", help="of every scene; -100: noise alone, 60: hardly any")
    parser.add_argument("--output", required=True)
    args = parser.parse_args()
    layout = arrays.linear(args.mics, args.line) if args.line else args.scale * arrays.usual_layout(args.mics)
    write_scenes(args.output, simulated(args.corpus, args.mics, args.count, args.seed, args.seconds, args.moving, args.speed,
                                        layout, args.snr))
    print(f"{args.count} files in {args.output}")


if __name__ == "__main__":
    main()
