#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the JSON of limpid_gemm_bench into a markdown table: the median speed of every candidate on
every shape in GFLOP/s and, in brackets, as a share of the core's measured peak."""
import json
import statistics
import sys


def medians(report):
    speeds = {}
    for run in report["benchmarks"]:
        if run["run_type"] == "iteration" and not run.get("error_occurred"):
            speeds.setdefault(run["name"], []).append(run["flops"] / 1e9)
    return {name: statistics.median(values) for name, values in speeds.items()}


def natural(shape):
    """Sorts by network, then number of frames, then layer; random interleaving lost the order."""
    channels, rest = shape.split(" ch ", 1)
    layer, frames = rest.rsplit(", ", 1)
    return -int(channels), int(frames.split()[0]), layer


def geometric_mean(speeds, shapes, name):
    keys = [f"{shape}/{name}" for shape in shapes]
    return statistics.geometric_mean([speeds[key] for key in keys if key in speeds])


def table(speeds):
    peak = speeds.pop("peak")
    shapes = list(dict.fromkeys(name.rsplit("/", 1)[0] for name in speeds))
    shapes.sort(key=natural)
    names = list(dict.fromkeys(name.rsplit("/", 1)[1] for name in speeds))
    names.sort(key=lambda name: (name != "limpid", name.lower()))
    yield f"Peak of the core: {peak:.0f} GFLOP/s."
    yield ""
    yield "| shape | " + " | ".join(names) + " |"
    yield "|---|" + "---:|" * len(names)
    for shape in shapes:
        row = [speeds.get(f"{shape}/{name}") for name in names]
        best = max(value for value in row if value)
        cells = ["–" if v is None else f"{v:.0f} ({v / peak:.0%})" for v in row]
        cells = [f"**{c}**" if v == best else c for c, v in zip(cells, row)]
        yield f"| {shape} | " + " | ".join(cells) + " |"
    means = [geometric_mean(speeds, shapes, name) / peak for name in names]
    yield "| geometric mean of the shares | " + " | ".join(f"{m:.0%}" for m in means) + " |"


if __name__ == "__main__":
    with open(sys.argv[1]) if len(sys.argv) > 1 else sys.stdin as file:
        report = json.load(file)
    print(f"Instruction set of limpid and of the peak: {report['context']['instruction_set']}.")
    print("\n".join(table(medians(report))))
