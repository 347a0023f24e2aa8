#!/usr/bin/env python3
"""The table that gpu.sh leaves: gpu_table.py OUT reads OUT/{machine.txt,bench.csv,torch.csv,flash.csv,sparse.csv} and the notes of what
was done, and prints Markdown."""
import csv
import json
import pathlib
import sys

OUT = pathlib.Path(sys.argv[1])


def rows(name):
    path = OUT / name
    return list(csv.reader(path.open())) if path.exists() else []


def main():
    print("# limpid on a GPU\n")
    machine = OUT / "machine.txt"
    print("```\n" + (machine.read_text() if machine.exists() else "machine unknown\n") + "```\n")
    steps = sorted({path.stem for path in OUT.glob("*.log")})
    done = {path.name for path in (OUT / "done").iterdir()} if (OUT / "done").exists() else set()
    checks = [step for step in steps if step.startswith(("test", "sanitize", "build"))]
    print("| check | |\n|---|---|")
    for step in checks:
        print(f"| {step} | {'passed' if step in done else 'FAILED'} |")
    if not any(step.startswith("sanitize") for step in checks):
        print("| sanitizers | not run |")
    print("\nThe shipped networks, and the published one. `x real time`: hours of audio in an hour.\n")
    print("| | network | products | streams | hops a call | x real time | p50, ms | p99, ms | deadline, ms | missed | bytes a stream | of FLOP/s | of bytes/s, at least |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for path in sorted(OUT.glob("network_*.log"), key=lambda p: [len(p.stem), p.stem]):
        if path.stem not in done:
            continue
        r = json.loads(path.read_text())
        card = r["of_the_card"]
        print(f"| {path.stem.split('_')[1]} | {r['model']} | {r['arithmetic']} | {r['lanes']}{' in ' + str(r['groups']) + ' groups' if r.get('groups', 1) > 1 else ''} | {r['frames']} | {1 / r['real_time_factor']:.0f} | {r['p50_ms']:.3f} "
              f"| {r['p99_ms']:.3f} | {r['deadline_ms']:.1f} | {r['deadline_misses']} of {r['calls']} | {r['memory_bytes'] // r['lanes']} "
              f"| {card['flops'] / card['flops_ceiling']:.1%} | {card['bytes_at_least'] / card['bytes_ceiling']:.1%} |")
    print("\nPyTorch on the same networks, without transforms, x real time.\n")
    kinds = [kind + how for how in ("", " compiled") for kind in ("fp32", "tf32", "fp16", "bf16")]
    print(f"| network | recordings | {' | '.join(kinds)} |\n|---|" + "---:|" * (1 + len(kinds)))
    for path in sorted(OUT.glob("torch_[a-z]*.log"), key=lambda p: [len(p.stem), p.stem]):
        if path.stem not in done:
            continue
        r = json.loads(path.read_text().splitlines()[-1])
        cells = [f"{r['times_real_time'][name]:.0f}" if name in r["times_real_time"] else "–"
                 for name in kinds]
        print(f"| {path.stem.split('_')[1]} | {r['lanes']} | {' | '.join(cells)} |")
    print("\n`limpid enhance` on many files, on the GPU and on all cores; the difference is relative to the loudest sample.\n")
    print("| | files | seconds | x real time | on the cores | GPU / cores | worst difference |\n|---|---:|---:|---:|---:|---:|---:|")
    for path in sorted(OUT.glob("files_*.log"), key=lambda p: [len(p.stem), p.stem]):
        if path.stem not in done:
            continue
        r = json.loads(path.read_text().splitlines()[-1])
        print(f"| {path.stem} | {r['files']} | {r['seconds']:.0f} | {r['times_real_time']:.0f} | {r['cpu_times_real_time']:.0f} "
              f"| {r['times_real_time'] / r['cpu_times_real_time']:.1f} | {r['worst_difference']:.1e} |")
    torch, flash = ({tuple(row[:4]): row[4:] for row in rows(name)} for name in ("torch.csv", "flash.csv"))
    print("\nLong convolutions, ms a call; `filter` is the transform of the filters, which is kept; floor: the least traffic at "
          "the copy speed measured on the same card.\n")
    if not flash:
        note = OUT / "flashfftconv_skipped"
        print(f"Public FlashFFTConv: skipped, {note.read_text().strip() if note.exists() else 'not asked for'}.\n")
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
    print("\nFrequency-sparse filters, causal and gated, the share of frequencies that stay; ms a call.\n")
    print("| points | lanes x channels | type | share | ms | ms with all | all / sparse |\n|---:|---|---|---|---:|---:|---:|")
    for _, points, lanes, channels, kind, share, ms, whole in rows("sparse.csv"):
        print(f"| {points} | {lanes} x {channels} | {kind} | {share} | {ms} | {whole} | {float(whole) / float(ms):.2f} |")


main()
