"""A bank of simulated rooms for training: python -m limpid_train.rooms --count 3000 --seed 1 --output DATA/rooms

Each room has one microphone, one target position (source 0) and up to three noise positions. A response has its direct
path at sample augment.DIRECT with amplitude 1, as the measured responses of the corpus have it."""
import argparse
import json
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from . import shoebox
from .atomic import alone_in, written_beside
from .augment import DIRECT
from .shoebox import RATE, SPEED

NOISES = (0, 1, 1, 2, 3)                                  # how many noise positions a room has, drawn uniformly
WALL, GAP = 0.3, 0.15                                     # m that positions keep from walls, sources from the microphone
FORMAT = 1


def position(rng, room, margin=WALL):
    return rng.uniform(margin, room.size - margin)


def at_distance(rng, room, centre, distance):
    """A position in the room `distance` from `centre`, mostly at the same height; None when no direction fits."""
    for _ in range(50):
        angle, lift = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.5)
        flat = np.sqrt(1 - lift ** 2)
        place = centre + distance * np.array([flat * np.cos(angle), flat * np.sin(angle), lift])
        if np.all(place > WALL) and np.all(place < room.size - WALL):
            return place
    return None


def target_position(rng, room, centre, nearest=0.2, farthest=4.0):
    """A talker between `nearest` and `farthest` metres, log-uniform where the room allows it."""
    while True:
        place = at_distance(rng, room, centre, np.exp(rng.uniform(np.log(nearest), np.log(farthest))))
        if place is not None:
            return place


def noise_position(rng, room, centre, nearest=0.5):
    while True:
        place = position(rng, room, GAP)
        if np.sum((place - centre) ** 2) > nearest ** 2:
            return place


def measure(reflections):
    """Direct-to-reverberant ratio in dB of a response whose direct path is a unit impulse."""
    return float(-10 * np.log10(np.sum(reflections ** 2) + 1e-12))


def aligned(room, source, mic, rng):
    """The response of one source at one microphone, unit direct path at sample DIRECT, and its ratio in dB."""
    distance = float(np.sqrt(np.sum((source - mic) ** 2)))
    _, wet = shoebox.response(room, source, mic[None], rng, origin=DIRECT - distance / SPEED * RATE)
    wet = wet[0] * (4 * np.pi * distance)
    wet[:DIRECT + 1] = 0                                  # what an echo close behind rings before it
    fade = min(len(wet) // 10, 800)
    wet[len(wet) - fade:] *= np.cos(np.linspace(0, 0.5 * np.pi, fade)) ** 2
    ratio = measure(wet)
    wet[DIRECT] += 1
    return wet.astype(np.float16), distance, ratio


def make_room(job):
    """Entry `index` of the bank of `seed`: its description and responses. A pure function of job = (seed, index)."""
    rng = np.random.default_rng(job)
    room = shoebox.random_room(rng, 0.1, 1.0)
    mic = position(rng, room)
    sources = [target_position(rng, room, mic)]
    sources += [noise_position(rng, room, mic) for _ in range(NOISES[rng.integers(len(NOISES))])]
    made = [aligned(room, source, mic, rng) for source in sources]
    about = {"size": room.size.round(3).tolist(), "rt60": round(float(np.mean(room.decay[1:3])), 4),
             "rt60_bands": room.decay.round(4).tolist(),
             "sources": [{"distance": round(distance, 3), "drr": round(ratio, 2), "direct": DIRECT}
                         for _, distance, ratio in made]}
    return about, [wet for wet, _, _ in made]


def write_bank(folder, count, seed, processes=1, make=make_room):
    """Writes responses.bin (float16) and then index.json, whose presence says that the bank is whole."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.json").unlink(missing_ok=True)
    rooms, start = [], 0
    with Pool(processes) as pool, open(folder / "responses.bin", "wb") as out:
        for about, responses in pool.imap(make, [(seed, index) for index in range(count)], chunksize=8):
            for source, wet in zip(about["sources"], responses):
                source.update(start=start, length=wet.shape[-1])
                start += wet.size
                out.write(wet.tobytes())
            rooms.append(about)
    index = {"format": FORMAT, "rate": RATE, "seed": seed, "bands": shoebox.BANDS.tolist(), "rooms": rooms}
    with written_beside(folder / "index.json") as path:
        path.write_text(json.dumps(index))
    return rooms


class RoomBank:
    """A bank mapped into memory. `rooms[i]["sources"][j]` describes what `response(i, j)` returns; source 0 is the
    target, the others are noise positions in the same room for the same microphone."""

    def __init__(self, folder):
        folder = Path(folder)
        index = json.loads((folder / "index.json").read_text())
        if index["format"] != FORMAT or index["rate"] != RATE:
            raise ValueError(f"{folder}: a bank of another format or rate; make it again")
        self.rooms = index["rooms"]
        self.samples = np.memmap(folder / "responses.bin", mode="r", dtype=np.float16)

    def __len__(self):
        return len(self.rooms)

    def response(self, room, source):
        """float32, direct path of amplitude 1 at sample DIRECT."""
        about = self.rooms[room]["sources"][source]
        return self.samples[about["start"]: about["start"] + about["length"]].astype(np.float32)


def bank_in(folder, count, processes, make=make_room, kind=RoomBank):
    """The bank of `folder`, made on first use: of several that begin at once, by the first one."""
    whole = Path(folder) / "index.json"
    if not whole.exists():
        with alone_in(folder):
            if not whole.exists():
                write_bank(folder, count, seed=1, processes=processes, make=make)
    return kind(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=3000, help="rooms")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", required=True)
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    rooms = write_bank(args.output, args.count, args.seed, args.processes)
    sources = [source for room in rooms for source in room["sources"]]
    print(f"{len(rooms)} rooms, {len(sources)} responses, {sum(s['length'] for s in sources) * 2 / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
