#!/usr/bin/env python3
"""Installs limpid as an application developer would get it, builds the minimal examples and README's
sample against it from outside, and runs the examples: consumer_test.py WAY BUILD_DIR SOURCE_DIR MODEL, WAY being find_package or
pkg_config."""
import array
import math
import os
import pathlib
import select
import shutil
import subprocess
import sys

WAY, BUILD, SOURCE, MODEL = sys.argv[1], *map(pathlib.Path, sys.argv[2:5])
PLUG_IN = """#include <limpid/limpid.h>
__attribute__((visibility("default"))) void* plug_in(void) { return (void*)limpid_create; }
"""
SAMPLE = """{includes}
#include <string>
void report(const std::string& message);
void sample(const float* const* in, float* const* out, int samples);
void sample(const float* const* in, float* const* out, int samples) {{
{statements}
}}
"""
EXAMPLES = {"minimal_c": "main.c", "minimal_cpp": "main.cpp"}
RATE, SAMPLES = 16000, 8000


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], capture_output=True, **options)
    if result.returncode != 0:
        sys.exit(f"{command} failed:\n{result.stdout.decode()}\n{result.stderr.decode()}")
    return result.stdout


def install(work):
    prefix = work / "prefix with blank"
    run("cmake", "--install", BUILD, "--prefix", prefix, "--component", "library")
    return prefix


def build_with_cmake(work, prefix, example):
    run("cmake", "-S", SOURCE / "examples" / example, "-B", work / example, f"-DCMAKE_PREFIX_PATH={prefix}",
        "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_FLAGS=-Wall -Wextra -Wpedantic -Werror")
    run("cmake", "--build", work / example)
    return work / example / example


def pkg_config(work, prefix):
    """What pkg-config says, and a path to the prefix that has no blank."""
    folders = [str(path.parent) for path in prefix.rglob("limpid.pc")]
    link = work / "prefix"  # pkg-config escapes blanks in paths for a shell; here is none
    if not link.exists():
        link.symlink_to(prefix)
    path = os.pathsep.join(folder.replace(str(prefix), str(link)) for folder in folders)
    flags = run("pkg-config", "--cflags", "--libs", "limpid", env={**os.environ, "PKG_CONFIG_PATH": path})
    return flags.decode().split(), link


def build_with_pkg_config(work, prefix, example):
    flags, link = pkg_config(work, prefix)
    program = work / f"{example}_pc"
    language = ["cc", "-std=c99", "-pedantic-errors"] if example == "minimal_c" else ["c++", "-std=c++20"]
    source = SOURCE / "examples" / example / EXAMPLES[example]
    run(*language, source, "-o", program, *flags, f"-Wl,-rpath,{link}/lib")
    return program


def check_plug_in(work, prefix):
    """A shared library that contains limpid shows its own function and nothing else."""
    flags, _ = pkg_config(work, prefix)
    source, library = work / "plug_in.c", work / "plug_in.so"
    source.write_text(PLUG_IN)
    run("cc", "-shared", "-fPIC", source, "-o", library, *flags)
    shown = run("nm", "-D", "--defined-only", library).decode().split()[2::3]
    if shown != ["plug_in"]:
        sys.exit(f"a plug-in should show plug_in alone, found {shown}")


def check_readme(work, prefix):
    """README's C++ sample compiles as it is printed, with the warnings that applications turn on."""
    printed = (SOURCE / "README.md").read_text().split("```cpp\n")[1].split("```")[0]
    includes, statements = printed.split("\n\n", 1)
    source = work / "readme.cpp"
    source.write_text(SAMPLE.format(includes=includes, statements=statements))
    flags, _ = pkg_config(work, prefix)
    run("c++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", source, *flags)


def check_refusals(example, program):
    for rate, model, message in ((1, MODEL, "1 Hz"), (RATE, "array-light-4", "takes 4 channels and gives 1")):
        bad = subprocess.run([program, str(rate), model], input=bytes(4 * RATE), capture_output=True)
        if bad.returncode != 1 or message not in bad.stderr.decode():
            sys.exit(f"{example}: expected exit code 1 and '{message}', found {bad}")


def check_streams(example, program):
    """Something comes out while more is still to come in, as between sox and play."""
    with subprocess.Popen([program, str(RATE), MODEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdin.write(bytes(4 * SAMPLES))
        child.stdin.flush()
        heard = select.select([child.stdout], [], [], 60)[0]
        child.stdin.close()
        child.stdout.read()
    if not heard:
        sys.exit(f"{example}: nothing comes out before all has gone in")


def main():
    work = BUILD / f"consumer_{WAY}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    prefix = install(work)
    build = {"find_package": build_with_cmake, "pkg_config": build_with_pkg_config}[WAY]
    noisy = array.array("f", (0.5 * math.sin(0.05 * i) + 0.1 * math.sin(i * i) for i in range(SAMPLES)))
    outputs = []
    for example in EXAMPLES:
        program = build(work, prefix, example)
        outputs.append(array.array("f", run(program, RATE, MODEL, input=noisy.tobytes())))
        check_refusals(example, program)
        check_streams(example, program)
    if len(outputs[0]) != SAMPLES or outputs[0] != outputs[1]:
        sys.exit(f"C gave {len(outputs[0])} samples, C++ {len(outputs[1])}, expected the same {SAMPLES}")
    if not any(abs(x) > 1e-3 for x in outputs[0]) or outputs[0] == noisy:
        sys.exit("the output is silent or unchanged")
    check_plug_in(work, prefix)
    check_readme(work, prefix)
    print(f"{WAY}: both examples built outside and gave the same {SAMPLES} samples")


main()
