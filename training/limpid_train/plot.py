"""Draws the curves of a run's log."""
import argparse
import json
import math
from pathlib import Path

PANELS = [("loss",), ("snr", "si_snr", "valid_gain", "valid_sdr"), ("spectrum", "lost", "teacher", "mask"), ("loudness",), ("voice",),
          ("valid_clean", "valid_attenuation"), ("norm",), ("lr",)]


def draw(run, output):
    """One panel a kind of number over the steps, as a PNG; a message where matplotlib is missing. Where a run diverged,
    curves have gaps."""
    try:
        import matplotlib
    except ImportError:
        print("no curves: matplotlib is not installed")
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot
    rows = [json.loads(line) for line in (Path(run) / "log.jsonl").read_text().splitlines()]
    panels = [names for names in PANELS if any(name in row for row in rows for name in names)]
    figure, axes = pyplot.subplots(len(panels), 1, sharex=True, squeeze=False, figsize=(8, 2.4 * len(panels)))
    for axis, names in zip(axes[:, 0], panels):
        for name in names:
            points = [(row["step"], math.nan if row[name] is None else row[name]) for row in rows if name in row]
            if points:
                axis.plot(*zip(*points), label=name)
        axis.legend()
        axis.grid(alpha=0.3)
    axes[-1, 0].set_xlabel("step")
    figure.tight_layout()
    figure.savefig(output, dpi=110)
    pyplot.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True)
    parser.add_argument("-o", "--output", help="default: curves.png in the run's folder")
    arguments = parser.parse_args()
    draw(arguments.run, arguments.output or Path(arguments.run) / "curves.png")


if __name__ == "__main__":
    main()
