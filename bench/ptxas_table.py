#!/usr/bin/env python3
"""Registers, stack and spills of every CUDA kernel, as ptxas reports them: ptxas_table.py [NVCC | LOG], LOG being
what a build with NVCC_APPEND_FLAGS=-Xptxas=-v printed; without it, every kernel is compiled here.
Prints Markdown; exit code 1 if a kernel spills or keeps anything in local memory."""
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
GIVEN = sys.argv[1] if len(sys.argv) > 1 else "nvcc"
ARCHITECTURES = (80, 90)


def report(source):
    target = "-gencode=arch=compute_80,code=[" + ",".join(f"sm_{a}" for a in ARCHITECTURES) + "]"  # as the build does
    result = subprocess.run([GIVEN, "-std=c++20", "-O3", "--expt-relaxed-constexpr", target, "-Xptxas=-v", f"-I{ROOT}",
                             f"-I{ROOT}/include", "-c", source, "-o", "/dev/null"], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(result.stderr)
    return result.stderr


def name_of(symbol):
    name = subprocess.run(["c++filt", symbol], capture_output=True, text=True).stdout.strip()
    program = re.search(r"run_(?:program|tiles|resident)<(?:\w+::)*(\w+)(<.*>)?\s*>\(", name)
    return (program[1] + re.sub(r"\w+::|\(int\)", "", program[2] or "")) if program else name


def kernels(text):
    """(name, architecture) -> (registers, stack, spill stores, spill loads)"""
    found = {}
    for entry in re.split(r"Compiling entry function '", text)[1:]:
        symbol, architecture = re.match(r"(\S+)' for 'sm_(\d+)'", entry).groups()
        stack, stores, loads = map(int, re.search(
            r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", entry).groups())
        registers = int(re.search(r"Used (\d+) registers", entry)[1])
        found[name_of(symbol), int(architecture)] = registers, stack, stores, loads
    return found


def main():
    if GIVEN.endswith(".log"):
        found = kernels(pathlib.Path(GIVEN).read_text())
    else:
        found = {}
        for source in sorted((ROOT / "lib/kernels/cuda").glob("*.cu")):
            found.update(kernels(report(source)))
    by_name = collections.defaultdict(dict)
    for (name, architecture), numbers in found.items():
        by_name[name][architecture] = numbers
    print("| kernel | " + " | ".join(f"sm_{a}: registers" for a in ARCHITECTURES) + " | stack, spills |\n|---|---:|---:|---|")
    for name in sorted(by_name, key=lambda n: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", n)]):
        local = {a: n[1:] for a, n in by_name[name].items() if any(n[1:])}
        registers = " | ".join(str(by_name[name].get(a, ("–",))[0]) for a in ARCHITECTURES)
        print(f"| {name} | {registers} | {local or 'none'} |")
    spilling = [key for key, numbers in found.items() if any(numbers[1:])]
    print(f"\n{len(found)} kernels; {len(spilling)} of them use local memory.")
    sys.exit(bool(spilling))


main()
