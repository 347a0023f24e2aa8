"""A bank of simulated rooms for microphone arrays: python -m limpid_train.array_rooms --mics 4 --output DATA/arrays4

Each room has one array, two places of a talker (sources 0 and 1) and two of noises. A response is [mic, sample]; its
direct path reaches microphone 0 at sample arrays.LEAD with amplitude 1."""
import argparse
from functools import partial
from pathlib import Path

import numpy as np

from . import arrays, rooms, shoebox

TALKERS, NOISES = 2, 2
USUAL, USUAL_OF_TWO = 0.8, 0.5                            # share of arrays that have the usual layout; the others have any
SCALE = (0.8, 1.25)                                       # of the usual layout


def make_room(mics, job):
    """Entry `index` of the bank of `seed`, job = (seed, index): its description and responses."""
    rng = np.random.default_rng((*job, mics))
    room = shoebox.random_room(rng, 0.2, 1.2, width=(3, 10))
    usual = rng.random() < (USUAL_OF_TWO if mics == 2 else USUAL)
    layout = arrays.usual_layout(mics) * rng.uniform(*SCALE) if usual else arrays.random_layout(rng, mics)
    offsets, _ = arrays.built(rng, layout)
    centre = rooms.position(rng, room, arrays.CLEARANCE)
    places = [rooms.target_position(rng, room, centre, 0.5, 3.0) for _ in range(TALKERS)]
    places += [rooms.noise_position(rng, room, centre) for _ in range(NOISES)]
    made = [sum(arrays.responses(room, place, centre + offsets, 0, rng)).astype(np.float16) for place in places]
    about = {"size": room.size.round(3).tolist(), "rt60": round(float(np.mean(room.decay[1:3])), 4),
             "mics": offsets.round(5).tolist(), "sources": [{"place": (place - centre).round(3).tolist()} for place in places]}
    return about, made


class ArrayBank(rooms.RoomBank):
    """`rooms[i]["mics"]` says where the microphones are around the array's centre."""

    def response(self, room, source):
        """float32 [mic, sample]"""
        about, mics = self.rooms[room]["sources"][source], len(self.rooms[room]["mics"])
        return self.samples[about["start"]: about["start"] + mics * about["length"]].astype(np.float32).reshape(mics, -1)


def array_bank(folder, mics, processes, count):
    """The bank in `folder`, made on first use."""
    return rooms.bank_in(folder, count, processes, partial(make_room, mics), ArrayBank)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mics", type=int, default=4, choices=range(2, 9))
    parser.add_argument("--count", type=int, default=400, help="rooms")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", required=True)
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    rooms.write_bank(args.output, args.count, args.seed, args.processes, partial(make_room, args.mics))
    print(f"{args.count} rooms, {(Path(args.output) / 'responses.bin').stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
