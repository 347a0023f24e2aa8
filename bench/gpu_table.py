#!/usr/bin/env python3
"""The table that gpu.sh leaves: gpu_table.py OUT reads OUT/{machine.txt,programs.txt,bench.csv,torch.csv,flash.csv,sparse.csv}, the logs of all
steps and the notes of how they went, and prints Markdown. Fails if a step that is done has left no result."""
import csv
import json
import pathlib
import re
import sys

OUT = pathlib.Path(sys.argv[1])


def rows(name):
    path = OUT / name
    return list(csv.reader(path.open())) if path.exists() else []


def notes(folder):
    """What gpu.sh noted there of steps, by their names."""
    return {path.name: path.read_text().strip() for path in (OUT / folder).iterdir()} if (OUT / folder).exists() else {}


LOGS = {path.stem: path for path in OUT.glob("*.log")}
DONE, SKIPPED, NOT_BEGUN = notes("done"), notes("skipped"), notes("not_begun")
CODES = {row[0]: row[2] for row in rows("times.csv")}  # the last one's


def result(step):
    """The JSON of a measurement, which may stand between lines that libraries print; None if there is none."""
    try:
        return json.loads([line for line in LOGS[step].read_text().splitlines() if line.startswith("{")][-1]) or None
    except (IndexError, KeyError, ValueError):
        return None


RESULTS = {step: result(step) for step in DONE if re.match("network_|torch_[a-z]|files_", step)}


def results(start):
    """Of the measurements so named, shortest names first."""
    names = sorted((step for step in RESULTS if step.startswith(start) and RESULTS[step]), key=lambda s: (len(s), s))
    return [(name, RESULTS[name]) for name in names]


def how_it_went(step):
    if step in DONE:
        return "passed" if RESULTS.get(step, True) else "FAILED: it is done and left no result"
    if step in SKIPPED:
        return f"skipped: {SKIPPED[step]}"
    nothing = "no test ran, or some were skipped" if step.startswith(("test_", "sanitize_")) else "left no result"
    why = {"0": nothing, "124": "out of time"}.get(CODES.get(step), f"exit code {CODES.get(step, 'unknown')}")
    return "; ".join(([f"FAILED: {why}"] if step in LOGS else []) + ([f"not begun: {NOT_BEGUN[step]}"] if step in NOT_BEGUN else []))


def print_checks():
    """Builds, tests and sanitizers, and whatever else did not go well."""
    print("| check | |\n|---|---|")
    checks = ("test", "sanitize", "build")
    for step in sorted({*LOGS, *DONE, *SKIPPED, *NOT_BEGUN}):
        if step.startswith(checks) or how_it_went(step) != "passed":
            print(f"| {step} | {how_it_went(step)} |")
    for kind, name in (("test", "tests"), ("sanitize", "sanitizers")):
        if not any(step.startswith(kind) for step in (*LOGS, *NOT_BEGUN)):
            print(f"| {name} | not run |")


def print_machine():
    print("# limpid on a GPU\n")
    told = "".join(path.read_text() if path.exists() else f"{path.stem} unknown\n"
                   for path in (OUT / "machine.txt", OUT / "programs.txt"))
    print(f"```\n{told}```\n")


def print_networks():
    print("\nThe shipped networks, and the published one. `x real time`: hours of audio in an hour.\n")
    print("| | network | products | streams | hops a call | x real time | p50, ms | p99, ms | deadline, ms | missed "
          "| bytes a stream | of FLOP/s | of bytes/s, at least |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, r in results("network_"):
        card = r["of_the_card"]
        groups = f" in {r['groups']} groups" if r.get("groups", 1) > 1 else ""
        print(f"| {name.split('_')[1]} | {r['model']} | {r['arithmetic']} | {r['lanes']}{groups} | {r['frames']} "
              f"| {1 / r['real_time_factor']:.0f} | {r['p50_ms']:.3f} "
              f"| {r['p99_ms']:.3f} | {r['deadline_ms']:.1f} | {r['deadline_misses']} of {r['calls']} | {r['memory_bytes'] // r['lanes']} "
              f"| {card['flops'] / card['flops_ceiling']:.1%} | {card['bytes_at_least'] / card['bytes_ceiling']:.1%} |")


def print_torch():
    print("\nPyTorch on the same networks, without transforms, x real time.\n")
    kinds = [kind + how for how in ("", " compiled") for kind in ("fp32", "tf32", "fp16", "bf16")]
    print(f"| network | recordings | {' | '.join(kinds)} |\n|---|" + "---:|" * (1 + len(kinds)))
    for name, r in results("torch_"):
        cells = [f"{r['times_real_time'][kind]:.0f}" if kind in r["times_real_time"] else "–"
                 for kind in kinds]
        print(f"| {name.split('_')[1]} | {r['lanes']} | {' | '.join(cells)} |")


def print_files():
    print("\n`limpid enhance` on many files, on the GPU and on all cores; the difference is relative to the loudest sample.\n")
    print("| | files | seconds | x real time | on the cores | GPU / cores | worst difference |\n|---|---:|---:|---:|---:|---:|---:|")
    for name, r in results("files_"):
        print(f"| {name} | {r['files']} | {r['seconds']:.0f} | {r['times_real_time']:.0f} | {r['cpu_times_real_time']:.0f} "
              f"| {r['times_real_time'] / r['cpu_times_real_time']:.1f} | {r['worst_difference']:.1e} |")


def print_long_convolutions():
    torch, flash = ({tuple(row[:4]): row[4:] for row in rows(name)} for name in ("torch.csv", "flash.csv"))
    print("\nLong convolutions, ms a call; `filter` is the transform of the filters, which is kept; floor: the least traffic at "
          "the copy speed measured on the same card.\n")
    if not flash:
        went = how_it_went("flashfftconv") or "not asked for"
        print(f"Public FlashFFTConv: {'built, not measured' if went == 'passed' else went}.\n")
    print("| points | lanes x channels | type | | | limpid | filter | cuFFT | filter | PyTorch | with filter | FlashFFTConv | its dB "
          "| cuFFT / limpid | PyTorch / limpid | FlashFFTConv / limpid with filter | x floor | agreement, dB |")
    print("|---:|---|---|---|---|" + "---:|" * 13)
    for points, lanes, channels, kind, gated, causal, ms, fms, cufft, cfms, _, ratio, times, decibel in rows("bench.csv"):
        cached, fresh = torch.get((points, kind, gated, causal), ("–", "–"))
        public, theirs = flash.get((points, kind, gated, causal), ("–", "–"))
        versus = f"{float(cached) / float(ms):.2f}" if cached != "–" else "–"
        against = f"{float(public) / (float(ms) + float(fms)):.2f}" if public != "–" else "–"
        print(f"| {points} | {lanes} x {channels} | {kind} | {gated} | {causal} | {ms} | {fms} | {cufft} | {cfms} | {cached} "
              f"| {fresh} | {public} | {theirs} | {ratio} | {versus} | {against} | {times} | {decibel} |")


def print_sparse_filters():
    print("\nFrequency-sparse filters, causal and gated, the share of frequencies that stay; ms a call.\n")
    print("| points | lanes x channels | type | share | ms | ms with all | all / sparse |\n|---:|---|---|---|---:|---:|---:|")
    for _, points, lanes, channels, kind, share, ms, whole in rows("sparse.csv"):
        print(f"| {points} | {lanes} x {channels} | {kind} | {share} | {ms} | {whole} | {float(whole) / float(ms):.2f} |")


def main():
    print_machine()
    print_checks()
    print_networks()
    print_torch()
    print_files()
    print_long_convolutions()
    print_sparse_filters()
    sys.exit(any(r is None for r in RESULTS.values()))


main()
