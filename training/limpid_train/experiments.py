"""Trains variants of one configuration on the very same batches and writes a table of what each is worth:
python -m limpid_train.experiments --corpus CORPUS --output runs/experiments --steps 2000 [--only NAME ...] [--seeds 7 8]

Every variant sees the same seeds, hence the same examples in the same order, and is scored on the same valid mixtures.
A run that is in the table is not repeated, so the command may be stopped and called again. Other steps, another
configuration or other corpora make other runs."""
import argparse
import copy
import csv
import hashlib
import json
import time
from pathlib import Path

import torch

from . import train
from .complexity import macs_per_second
from .config import check_shapes, load_config
from .checkpoint import load_latest
from .corpus import Corpus, described
from .validation import fixed_mixtures, validate
from .weights import NETWORKS

KEY = ("variant", "seed", "steps", "configuration")  # of a row of the table and of a run's folder

# name: (what changes in "network" and "training", what was expected before it was run)
VARIANTS = {
    "control": ({}, {}, "the reference of every row"),
    "no-level-features": ({"level_horizon": 0}, {}, "much worse while training is short: magnitudes have to be learnt"),
    "level-horizon-300": ({"level_horizon": 300}, {}, "equal: examples are two seconds long"),
    "no-frequency-recurrence": ({"frequency_order": 0}, {}, "worse: the paper's claim"),
    "frequency-order-8": ({"frequency_order": 8}, {}, "slightly worse: 400 Hz instead of 1 kHz of reach at full resolution"),
    "frequency-down": ({"frequency_direction": "down"}, {}, "slightly worse: lows are cleaner and should inform highs"),
    "frequency-both": ({"frequency_direction": "both"}, {}, "slightly better: each bin sees both neighbours, with shared taps"),
    "no-time-recurrence": ({"time_order": 0}, {}, "much worse: 12 frames of memory are left"),
    "compression-1": ({"compression": 1}, {}, "worse: loud bins dominate"),
    "compression-0.3": ({"compression": 0.3}, {}, "about equal"),
    "taps-1": ({"taps": 1}, {}, "worse by a few tenths: a complex ratio mask"),
    "taps-5": ({"taps": 5}, {}, "about equal to three taps"),
    "no-voice": ({"voice": False}, {}, "equal: the head is small"),
    "running-gates": ({"pooling": "running"}, {}, "slightly better on steady noise"),
    "narrow-deep": ({"channels": [8, 16, 24, 32, 64, 96]}, {}, "about equal at the same cost"),
    "wide-flat": ({"channels": [16, 24, 32, 32, 32, 32]}, {}, "worse: memory traffic at high resolution buys little"),
    "no-asymmetry": ({}, {"losses": {"snr": 0.25, "spectrum": 3.0, "voice": 0.2}}, "more suppression, more speech lost"),
    "mask-loss": ({}, {"losses": {"snr": 0.25, "spectrum": 3.0, "lost": 1.5, "voice": 0.2, "mask": 0.5}},
                  "about equal: FRCRN's own loss has it"),
    "longconv": ({"architecture": "longconv", "bands": [2] * 10 + [4] * 5 + [8] * 5 + [13] * 3 + [21, 21], "channels": 32,
                  "blocks": 4, "memory": 28, "short_taps": 3, "long_taps": 256, "filter_hidden": 24, "exchange": 80,
                  "hidden": 64}, {}, "better in rooms: seconds of memory at the same cost as nano"),
}


def varied(config, name, seed):
    """The configuration of a variant. The seed decides on the batches and on the weights it begins with."""
    config = copy.deepcopy(config)
    network, training, _ = VARIANTS[name]
    config["network"].update(network)
    config["training"].update(training)
    config["name"], config["training"]["seed"] = name, seed
    check_shapes(config["network"])
    return config


def fingerprint(config, corpus):
    """What a run was of, beside its variant, seed and steps: a hash of its configuration and of the corpora's manifests."""
    parts = [config["network"], config["training"], [part["manifest"] for part in described(corpus)]]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def run_variant(config, arguments, folder):
    train.train(config, arguments.corpus, arguments.cache, folder, train.Limit(steps=arguments.steps), arguments.processes)
    network = NETWORKS[config["network"]["architecture"]](config["network"])
    network.load_state_dict(load_latest(folder)["average"])
    return network.eval()


def measure(key, config, arguments, mixtures):
    begin, name = time.process_time(), key["variant"]
    network = run_variant(config, arguments, Path(arguments.output) / "-".join(key.values()))
    return {**key, "gmacs": round(macs_per_second(config["network"]) / 1e9, 3),
            "parameters": sum(p.numel() for p in network.parameters()),
            **{score.removeprefix("valid_"): value for score, value in validate(network, mixtures).items()},
            "cpu_seconds": round(time.process_time() - begin), "expected": VARIANTS[name][2]}


def finished(path):
    """The keys of the rows of a table, if there is one."""
    if not path.exists():
        return set()
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if not set(KEY) <= set(reader.fieldnames or ()):
            raise ValueError(f"{path}: its rows do not say which configuration they are of; use another --output")
        return {tuple(row[name] for name in KEY) for row in reader}


def append(path, row):
    new = not path.exists()
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        if new:
            writer.writeheader()
        writer.writerow(row)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, nargs="+", help="folders with manifest.csv")
    parser.add_argument("--config", default="frcrn")
    parser.add_argument("--cache", default=Path(__file__).parents[1] / "data")
    parser.add_argument("--output", required=True)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7])
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    table = Path(arguments.output) / "results.csv"
    table.parent.mkdir(parents=True, exist_ok=True)
    base = load_config(arguments.config)
    bank = train.room_bank(Path(arguments.cache) / "rooms", arguments.processes)
    mixtures = fixed_mixtures(Corpus(arguments.corpus, arguments.cache, "valid", arguments.processes), bank, seed=0, count=96)
    done = finished(table)
    for seed in arguments.seeds:
        for name in arguments.only:
            config = varied(base, name, seed)
            key = dict(zip(KEY, (name, str(seed), str(arguments.steps), fingerprint(config, arguments.corpus))))
            if tuple(key.values()) not in done:
                append(table, measure(key, config, arguments, mixtures))


if __name__ == "__main__":
    main()
