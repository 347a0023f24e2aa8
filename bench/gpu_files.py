#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`limpid enhance --device cuda` on many files, beside the same on all cores: speeds, and whether the results agree.
Prints one line of JSON; fails if a sample differs by more than 1e-4 of the loudest, or is no number."""
import argparse
import array
import json
import math
import pathlib
import random
import shutil
import subprocess
import sys

RATE = 16000


def write_wav(path, samples, channels):
    """Float, interleaved, without a dependency."""
    data = samples.tobytes()
    head = b"WAVEfmt " + b"".join(n.to_bytes(size, "little") for n, size in
                                  ((16, 4), (3, 2), (channels, 2), (RATE, 4), (4 * RATE * channels, 4),
                                   (4 * channels, 2), (32, 2)))
    body = head + b"data" + len(data).to_bytes(4, "little") + data
    path.write_bytes(b"RIFF" + len(body).to_bytes(4, "little") + body)


def read_wav(path):
    """The samples of a float WAV."""
    data = path.read_bytes()
    at = 12
    while data[at:at + 4] != b"data":
        at += 8 + int.from_bytes(data[at + 4:at + 8], "little")
    return array.array("f", data[at + 8:at + 8 + int.from_bytes(data[at + 4:at + 8], "little")])


def microphones(program, model):
    """Channels that the model hears."""
    told = subprocess.run([program, "inspect", "--json"] + ([model] if model else []), text=True, check=True,
                          stdout=subprocess.PIPE)
    return json.loads(told.stdout)["input_channels"]


def make_recordings(folder, count, seconds, channels):
    """Noise; files of seconds/2 to 3 seconds/2."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(1)
    noise = array.array("f", (dice.gauss(0, 0.1) for _ in range(10 * RATE)))
    for i in range(count):
        length = channels * int(RATE * seconds * (0.5 + i / max(1, count - 1)))
        start = dice.randrange(len(noise))
        turned = noise[start:] + noise[:start]
        write_wav(folder / f"{i:04}.wav", (turned * (length // len(noise) + 1))[:length], channels)


def enhance(program, model, recordings, out, device):
    """Seconds of audio per second, and of the clock."""
    shutil.rmtree(out, ignore_errors=True)
    done = subprocess.run([program, "enhance", recordings, "-o", out, "--device", device, "--json", "--quiet"]
                          + (["--model", model] if model else []), text=True, stdout=subprocess.PIPE)
    summary = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
    if done.returncode != 0 or summary.get("failed", 1):
        sys.exit(f"enhance --device {device} failed: {done.returncode}, {summary}")
    return summary["seconds"] / summary["wall_seconds"]


def worst_difference(a, b):
    """Of all files, relative to the loudest sample of each."""
    worst = 0.0
    for path in sorted(a.iterdir()):
        one, other = read_wav(path), read_wav(b / path.name)
        if len(one) != len(other):
            sys.exit(f"{path.name}: {len(one)} samples and {len(other)}")
        for folder, samples in ((a, one), (b, other)):
            if not all(map(math.isfinite, samples)):
                sys.exit(f"{folder / path.name}: samples that are no finite numbers")
        peak = max(map(abs, other), default=0) or 1
        worst = max(worst, max(abs(x - y) for x, y in zip(one, other)) / peak)
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path, help="for recordings and results; those of an earlier call are removed before")
    parser.add_argument("--files", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=60, help="of a file, on average")
    parser.add_argument("--model", default="")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--cpu-files", type=int, default=16, help="how many of them to do on the cores as well")
    a = parser.parse_args()
    for part in ("in", "some"):  # and nothing else that somebody may have there
        shutil.rmtree(a.folder / part, ignore_errors=True)
    make_recordings(a.folder / "in", a.files, a.seconds, microphones(a.program, a.model))
    gpu = enhance(a.program, a.model, a.folder / "in", a.folder / "gpu", a.device)
    some = a.folder / "some"
    some.mkdir()
    names = sorted(path.name for path in (a.folder / "in").iterdir())
    for name in names[::max(1, len(names) // a.cpu_files)][:a.cpu_files]:
        (a.folder / "in" / name).rename(some / name)
    cpu = enhance(a.program, a.model, some, a.folder / "cpu", "cpu")
    worst = worst_difference(a.folder / "cpu", a.folder / "gpu")
    print(json.dumps({"files": a.files, "seconds": a.seconds, "times_real_time": gpu, "cpu_times_real_time": cpu,
                      "worst_difference": worst}))
    sys.exit(not worst <= 1e-4)


if __name__ == "__main__":
    main()
