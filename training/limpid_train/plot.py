"""Draws the curves of a run's log."""
import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  the backend has to be chosen first

PANELS = [("loss",), ("snr", "valid_gain", "valid_sdr"), ("mask", "spectrum"), ("valid_clean", "valid_attenuation"),
          ("lr",)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True)
    parser.add_argument("-o", "--output", help="default: curves.png in the run's folder")
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in (Path(arguments.run) / "log.jsonl").read_text().splitlines()]
    figure, axes = pyplot.subplots(len(PANELS), 1, sharex=True, figsize=(8, 12))
    for axis, names in zip(axes, PANELS):
        for name in names:
            points = [(row["step"], row[name]) for row in rows if name in row]
            if points:
                axis.plot(*zip(*points), label=name)
        axis.legend()
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel("step")
    figure.tight_layout()
    figure.savefig(arguments.output or Path(arguments.run) / "curves.png", dpi=110)


if __name__ == "__main__":
    main()
