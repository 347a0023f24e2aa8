"""Held-out scenes for arrays as make_array_set makes them, in measured rooms:
python -m limpid_train.make_measured_set --corpus C --responses R --rooms 'Absorptive_(\\w+?)_S' --channels 1,3,2,6 --output DIR

R holds impulse responses as sound files, a file for each place of a source, a channel for each microphone. What the first
group of the pattern finds in a file's name is its room. A scene is one place's talker and one or two others' noises, and
often a noise that comes from many places at once. Microphones stay as they were measured; the reference is any of the
channels, the others follow it in their cyclic order. For array_scores."""
import argparse
import re
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import soundfile

from . import arrays
from .make_array_set import SECONDS, SNRS, Valid, write_scenes
from .scores import resampled
from .shoebox import RATE

DIFFUSE, AROUND = 0.7, 16                                 # of scenes have a noise from so many places at most
FADE = RATE // 50
DIRECT = 0.5                                              # of the largest sample: the first such one is the direct path


def rooms_of(folder, pattern):
    """Paths by room; rooms of fewer than two places have no scenes."""
    rooms = {}
    for path in sorted(Path(folder).rglob("*.wav")):
        if found := pattern.search(path.name):
            rooms.setdefault(found.group(1), []).append(path)
    rooms = {room: paths for room, paths in rooms.items() if len(paths) > 1}
    if not rooms:
        raise ValueError(f"{folder}: no two WAV files of a room have names that match {pattern.pattern}")
    return rooms


@lru_cache(maxsize=64)
def measured(path):
    """[mic, sample] at RATE."""
    return resampled(*soundfile.read(path, always_2d=True), RATE).T


def response(path, channels, kept=None):
    """[mic, sample] of these channels, the first of which is the reference: its direct path is 1, after arrays.LEAD samples.
    Of what follows, `kept` seconds are left, faded out: of some responses the rest is the noise of their measurement."""
    everything = measured(path)
    if max(channels) >= len(everything):
        raise ValueError(f"{path}: {len(everything)} channels, there is no {max(channels) + 1}")
    chosen = everything[channels]
    loud = np.abs(chosen[0])
    if loud.max() == 0:
        raise ValueError(f"{path}: channel {channels[0] + 1} is silent")
    first = int(np.argmax(loud > DIRECT * loud.max()))
    chosen = np.pad(chosen, ((0, 0), (arrays.LEAD, 0)))[:, first:]
    chosen = chosen / loud.max()
    if kept is not None:
        chosen = chosen[:, : arrays.LEAD + int(kept * RATE)]
        fading = min(FADE, chosen.shape[1])
        chosen[:, -fading:] *= np.linspace(1, 0, fading)
    return chosen


def scene(valid, rooms, channels, seed, index, snr=None, kept=None, seconds=SECONDS):
    """Scene `index` and its columns; it depends on nothing but its arguments."""
    rng, length = np.random.default_rng((seed, index)), int(seconds * RATE)
    speech, said = valid.speech(rng, length)
    room = sorted(rooms)[rng.integers(len(rooms))]
    talker, *others = (rooms[room][i] for i in rng.permutation(len(rooms[room])))
    order = np.roll(channels, rng.integers(len(channels))).tolist()
    hear = partial(response, channels=order, kept=kept)
    wet = hear(talker)
    said = said * arrays.moving_level(rng, length, rng.uniform(0, 8), 2.0)
    image = arrays.through(said, wet[:, : arrays.LEAD + arrays.EARLY_SAMPLES])
    names, total = [], np.zeros((len(order), length))
    for place in others[: rng.integers(1, 3)]:
        name, signal = valid.noise(rng, length)
        names.append(name)
        total += arrays.noise_from(rng, signal[0], partial(arrays.through, response=hear(place)))
    field, around = "", others[:AROUND]
    if len(around) > 2 and rng.random() < DIFFUSE:
        field, signals = valid.noise(rng, length, len(around))
        total += arrays.noise_from(rng, signals, lambda x: sum(arrays.through(part, hear(place)) for part, place in zip(x, around)))
    about = {"snr_db": SNRS[index % len(SNRS)] if snr is None else snr}
    made = arrays.mixed(rng, arrays.through(said, wet), image, total, np.ones(len(order)), 0, about)
    return made, {**about, "room": room, "place": talker.name, "channels": " ".join(str(c + 1) for c in order),
                  "speech": speech, "noise": " ".join(names), "diffuse": field}


def channels_of(text):
    """1-based numbers between commas, as 0-based ones."""
    numbers = [int(number) - 1 for number in text.split(",")]
    if len(numbers) < 2 or min(numbers) < 0 or len(set(numbers)) < len(numbers):
        raise argparse.ArgumentTypeError(f"{text}: not two or more different channels, counted from 1")
    return numbers


def pattern_of(text):
    """A regular expression with a group."""
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from error
    if pattern.groups < 1:
        raise argparse.ArgumentTypeError(f"{text}: has no group to say what the room is, as (room.) has")
    return pattern


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--responses", required=True, help="folder of WAV files")
    parser.add_argument("--rooms", type=pattern_of, default="()", help="pattern whose group is the room in a file's name; otherwise all are of one")
    parser.add_argument("--channels", type=channels_of, required=True, help="of the files, in the order of the array: 1,3,5,7")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--snr", type=float, metavar="DB", help="of every scene; -100: noise alone, 60: hardly any")
    parser.add_argument("--keep", type=float, metavar="S", help="seconds of each response after its direct path; the whole without")
    parser.add_argument("--output", required=True)
    args = parser.parse_args()
    valid, rooms = Valid(args.corpus), rooms_of(args.responses, args.rooms)
    write_scenes(args.output, ((f"measured{len(args.channels)}_{index:03d}",
                                *scene(valid, rooms, args.channels, args.seed, index, args.snr, args.keep)) for index in range(args.count)))
    print(f"{args.count} files in {args.output}")


if __name__ == "__main__":
    main()
