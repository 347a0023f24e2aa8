#!/usr/bin/env python3
"""Fails when a file includes upwards or sideways. The tables are the architecture."""
import pathlib
import re
import sys

BASE = ["include/limpid", "lib/base", "lib/tensor"]
MAY_INCLUDE = {
    "include/limpid": [],
    "lib/base": ["include/limpid"],
    "lib/tensor": ["include/limpid", "lib/base"],
    "lib/io": BASE,
    "lib/kernels": BASE,
    "lib/kernels/cuda": BASE + ["lib/kernels"],
    "lib/dsp": BASE + ["lib/kernels"],
    "lib/nn": BASE + ["lib/kernels", "lib/io"],
    "lib/model": BASE,
    "lib/analysis": BASE + ["lib/nn", "lib/model"],
    "models": ["lib", "include/limpid"],
    "streaming": BASE + ["lib/model", "lib/kernels", "lib/dsp"],
    "api": ["lib", "models", "streaming", "include/limpid"],
    "examples": ["lib", "models", "streaming", "api", "include/limpid"],
    "bench": ["lib", "models", "streaming", "include/limpid"],
    "tests": ["lib", "models", "streaming", "api", "include/limpid", "examples"],
}
# Third-party headers that only one place may know.
OWNER = {
    "portaudio.h": r"streaming/portaudio_\w+\.cpp",
    "fftw3.h": r"lib/dsp/|bench/",
    "kiss_fft": r"lib/dsp/|bench/",
    "sndfile.h": r"lib/io/",
    "samplerate.h": r"lib/dsp/",
    "hwy/": r"lib/kernels/|tests/|bench/",
    "cuda": r"lib/kernels/cuda/",
    "cufft": r"lib/kernels/cuda/",
}


def layer(path):
    if path.startswith("limpid/"):
        path = "include/" + path
    hits = [name for name in MAY_INCLUDE if path == name or path.startswith(name + "/")]
    return max(hits, key=len, default=None)


def allowed(mine, theirs):
    return theirs == mine or any(theirs == a or theirs.startswith(a + "/") for a in MAY_INCLUDE[mine])


def check(root):
    problems = []
    for file in sorted(root.rglob("*")):
        here = file.relative_to(root).as_posix()
        mine = layer(here)
        if mine is None or file.suffix not in {".h", ".hpp", ".cpp", ".c", ".cu", ".cuh", ".inl"}:
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*["<]([^">]+)', line)
            if not match:
                continue
            target, theirs = match[1], layer(match[1])
            if theirs and not allowed(mine, theirs):
                problems.append(f"{here}:{number}: {mine} must not include {target}")
            for header, owner in OWNER.items():
                if target.startswith(header) and not re.match(owner, here):
                    problems.append(f"{here}:{number}: {header} belongs to {owner}")
    return problems


if __name__ == "__main__":
    found = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(found) or "layers ok")
    sys.exit(bool(found))
