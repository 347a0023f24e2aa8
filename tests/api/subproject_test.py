#!/usr/bin/env python3
"""limpid in the source tree of an application, with add_subdirectory: it is configured there, or says what
is missing. Configured only, because building limpid once more would take minutes: subproject_test.py
BUILD_DIR SOURCE_DIR."""
import pathlib
import shutil
import subprocess
import sys

BUILD, SOURCE = map(pathlib.Path, sys.argv[1:3])
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(application LANGUAGES {languages})
add_subdirectory("{limpid}" limpid)
add_executable(application "{limpid}/examples/minimal_c/main.c")
target_link_libraries(application PRIVATE limpid::limpid)
"""
EXPECTED = {"C CXX": (0, "Build files have been written"), "C": (1, "project(application LANGUAGES C CXX)")}


def configure(languages):
    work = BUILD / "subproject" / languages.replace(" ", "_")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / "CMakeLists.txt").write_text(PROJECT.format(languages=languages, limpid=SOURCE))
    result = subprocess.run(["cmake", "-S", work, "-B", work / "build"],
                            capture_output=True, text=True)
    return result.returncode, result.stdout + " ".join(result.stderr.split())


for languages, (code, message) in EXPECTED.items():
    found, output = configure(languages)
    if found != code or message not in output:
        sys.exit(f"a project of {languages}: expected {code} and '{message}', found {found} and:\n{output}")
