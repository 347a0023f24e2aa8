#!/usr/bin/env python3
"""limpid in the source tree of an application, with add_subdirectory: it is configured there, or says what
is missing. Configured only, because building limpid once more would take minutes; the table of models inside it is
built, and printed by the application. And what pkg-config says of a shared limpid: subproject_test.py BUILD_DIR SOURCE_DIR."""
import json
import os
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
INSIDE = """add_executable(inside inside.cpp ${{CMAKE_BINARY_DIR}}/limpid/models/shipped.cpp)
target_include_directories(inside PRIVATE "{limpid}")
target_compile_features(inside PRIVATE cxx_std_20)
"""
PRINTS_MODELS = """#include <cstdio>
#include "models/shipped.h"
int main() {
  for (const auto& model : limpid::models::shipped_models())
    std::printf("%s %zu\\n", model.name, model.bytes.size());
}
"""


def configure(name, languages, *options, inside=False, project=PROJECT):
    """The build folder, and what CMake returned and said."""
    work = BUILD / "subproject" / name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / "inside.cpp").write_text(PRINTS_MODELS)
    project += INSIDE if inside else ""
    (work / "CMakeLists.txt").write_text(project.format(languages=languages, limpid=SOURCE))
    result = subprocess.run(["cmake", "-S", work, "-B", work / "build", *options], capture_output=True, text=True)
    return work / "build", result.returncode, result.stdout + " ".join(result.stderr.split())


def expect(code, message, name, *options):
    _, found, output = configure(name, *options)
    if found != code or message not in output:
        sys.exit(f"{name}: expected {code} and '{message}', found {found} and:\n{output}")


def models_inside(name, *options):
    """(name, bytes) of each, in their order."""
    build, code, output = configure(name, "C CXX", *options, inside=True)
    if code:
        sys.exit(f"{name}: {output}")
    subprocess.run(["cmake", "--build", build, "--target", "inside"], check=True, capture_output=True)
    printed = subprocess.run([build / "inside"], check=True, capture_output=True, text=True).stdout
    return [(model, int(size)) for model, size in map(str.split, printed.splitlines())]


def check_unity_build():
    """Where an application compiles many files as one, limpid's stay apart."""
    build, code, output = configure("unity", "C CXX", "-DCMAKE_UNITY_BUILD=ON")
    joined = list((build / "limpid").rglob("unity_*"))
    if code or joined:
        sys.exit(f"CMAKE_UNITY_BUILD: found {joined}, {output}")


def check_shared_package():
    """A shared limpid keeps what it is made of to itself: who links it needs no package of that."""
    build, code, output = configure("shared", "C CXX", "-DBUILD_SHARED_LIBS=ON", "-DLIMPID_INSTALL=ON")
    if code:
        sys.exit(f"shared: {output}")
    alone = {**os.environ, "PKG_CONFIG_PATH": "", "PKG_CONFIG_LIBDIR": str(build / "limpid")}
    said = subprocess.run(["pkg-config", "--cflags", "--libs", "limpid"], env=alone, capture_output=True, text=True)
    flags = [flag for flag in said.stdout.split() if not flag.startswith(("-I", "-L"))]
    if said.returncode or flags != ["-DLIMPID_SHARED", "-llimpid"]:
        sys.exit(f"pkg-config of a shared limpid: expected -DLIMPID_SHARED -llimpid alone, found {said}")


def check_release_in_debug():
    """An application that is being debugged can have a fast limpid, with the lines that docs/library.md gives."""
    printed = (SOURCE / "docs" / "library.md").read_text().split("```cmake\n")[1].split("```")[0]
    project = PROJECT.replace('add_subdirectory("{limpid}" limpid)', printed.replace("(limpid)", '("{limpid}" limpid)'))
    build, code, output = configure("release_in_debug", "C CXX", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
                                    project=project)
    if code:
        sys.exit(f"release_in_debug: {output}")
    commands = {entry["file"]: entry["command"] for entry in json.loads((build / "compile_commands.json").read_text())}
    slow = [file for file, command in commands.items() if ("-O3" in command) != file.endswith(".cpp")]
    if slow:
        sys.exit(f"expected limpid, and not the application, with -O3, found otherwise: {slow}")


def of_assets(*names):
    return [(name, (SOURCE / "assets" / f"{name}.safetensors").stat().st_size) for name in names]


expect(0, "Build files have been written", "both_languages", "C CXX")
expect(1, "project(application LANGUAGES C CXX)", "c_alone", "C")
expect(1, "there is no model 'bass'", "mistyped_model", "C CXX", "-DLIMPID_MODELS=light;bass")
for names in ("frcrn", "light"), ():
    found, wanted = models_inside("chosen_models", f"-DLIMPID_MODELS={';'.join(names)}"), of_assets(*names)
    if found != wanted:
        sys.exit(f"LIMPID_MODELS {names}: expected {wanted}, found {found}")
check_unity_build()
check_release_in_debug()
check_shared_package()
