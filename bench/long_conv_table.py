#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Offline causal convolutions of limpid, FFTW and PyTorch's rfft in one run, as a table.

Every window is measured by all of them in turns, on one thread, in processor time; figures are medians of the turns.
Filters are transformed ahead of time. Usage: long_conv_table.py LIMPID_LONG_CONV_BENCH [--turns N] [--smallest WINDOW] [--largest WINDOW]
"""
import argparse
import json
import statistics
import subprocess
import time

import torch


def shape(window):
    """Lanes and channels: a few MB of audio, so that small rows are many and large rows few."""
    return (4 if window <= 1 << 18 else 1), max(1, min(16, (1 << 20) // window))


def torch_seconds(window, lanes, channels, seconds=0.2):
    samples = window // 2
    u = torch.randn(lanes, channels, samples)
    spectrum = torch.fft.rfft(torch.randn(channels, samples), n=window)

    def convolve():
        return torch.fft.irfft(torch.fft.rfft(u, n=window) * spectrum, n=window)[..., :samples]

    convolve()
    calls, start, spent = 0, time.process_time(), 0
    while spent < seconds:
        convolve()
        calls, spent = calls + 1, time.process_time() - start
    return spent / calls


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--smallest", type=int, default=1 << 8)
    parser.add_argument("--largest", type=int, default=1 << 22)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    window, title = arguments.smallest, False
    while window <= arguments.largest:
        lanes, channels = shape(window)
        rows, torches = [], []
        for _ in range(arguments.turns):
            with torch.inference_mode():
                torches.append(torch_seconds(window, lanes, channels))
            told = subprocess.run([arguments.bench, *map(str, (window, lanes, channels))], check=True,
                                  capture_output=True, text=True).stdout
            rows.append(json.loads(told))
        if not title:
            title = True
            print(f"Instruction set {rows[0]['set']}, PyTorch {torch.__version__}\n")
            print("| window | lanes × channels | limpid, ms | ns a sample | FFTW in the same op | FFTW, measured plan "
                  "| PyTorch | FFTW / limpid | PyTorch / limpid |")
            print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
        own, fft, fftw = (statistics.median(row[name + "_ms"] for row in rows) for name in ("monarch", "fft", "fftw"))
        peer = 1e3 * statistics.median(torches)
        print(f"| {window} | {lanes} × {channels} | {own:.3f} | {1e6 * own / (lanes * channels * window / 2):.2f} "
              f"| {fft:.3f} | {fftw:.3f} | {peer:.3f} | {fftw / own:.2f} | {peer / own:.2f} |", flush=True)
        window *= 2


if __name__ == "__main__":
    main()
