#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a profile of `ncu --csv --print-units base` says of each kernel: gpu_profile.py LOG. Needs gpu__time_duration.sum,
dram__bytes.sum and launch__registers_per_thread. Prints Markdown: starts, time, share of it, bytes a second, registers."""
import collections
import csv
import re
import sys


def kernels(lines):
    """One dictionary a start: its name, and its metrics as numbers."""
    starts = {}
    for row in csv.DictReader(line for line in lines if line.startswith('"')):
        start = starts.setdefault(row["ID"], {"name": row["Kernel Name"]})
        start[row["Metric Name"]] = float(row["Metric Value"].replace(",", ""))
    return list(starts.values())


def short(name):
    program = re.search(r"run_(?:program|tiles|resident)<(.*)>\(", name)
    return re.sub(r"\w+::", "", program[1]) if program else name


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        starts = kernels(file)
    if not starts:
        sys.exit(f"{sys.argv[1]}: no kernels")
    groups = collections.defaultdict(list)
    for start in starts:
        groups[short(start["name"])].append(start)
    total = sum(start["gpu__time_duration.sum"] for start in starts)
    print(f"{len(starts)} kernels, {total / 1e6:.2f} ms\n\n| kernel | starts | µs each | share | GB/s | registers |\n|---|---:|---:|---:|---:|---:|")
    for name, some in sorted(groups.items(), key=lambda item: -sum(s["gpu__time_duration.sum"] for s in item[1])):
        time, moved = (sum(start[what] for start in some) for what in ("gpu__time_duration.sum", "dram__bytes.sum"))
        print(f"| {name} | {len(some)} | {time / len(some) / 1e3:.1f} | {100 * time / total:.1f} % | {moved / time:.0f} | "
              f"{some[0]['launch__registers_per_thread']:.0f} |")


if __name__ == "__main__":
    main()
