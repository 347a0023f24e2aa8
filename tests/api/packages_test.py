#!/usr/bin/env python3
"""Makes Debian packages of a build and looks at what somebody gets who installs them: packages_test.py BUILD_DIR. Exits with 77
where this system makes none."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(sys.argv[1])
SCRIPT = pathlib.Path(__file__).parents[2] / "cmake/package_folders.cmake"
FFTW = "\nLIMPID_FFT:STRING=fftw\n" in (BUILD / "CMakeCache.txt").read_text()
ALL = {"limpid", "limpid-dev", "limpid-ladspa", "limpid-lv2", "limpid-cuda"}
FILES = {
    "limpid": ["usr/bin/limpid", "usr/share/man/man1/limpid.1.gz", "usr/share/bash-completion/completions/limpid",
               "usr/share/zsh/vendor-completions/_limpid", "usr/share/fish/vendor_completions.d/limpid.fish"],
    "limpid-dev": ["usr/include/limpid/limpid.hpp", "usr/lib/pkgconfig/limpid.pc", "usr/lib/cmake/limpid/limpidConfig.cmake"],
    "limpid-ladspa": ["usr/lib/ladspa/limpid_ladspa.so", "usr/share/limpid/limpid-microphone.conf",
                      "usr/share/limpid/limpid-microphones.conf"],
    "limpid-lv2": [f"usr/lib/lv2/limpid.lv2/{file}" for file in ("limpid_lv2.so", "limpid.ttl", "manifest.ttl")],
    "limpid-cuda": ["usr/lib/liblimpid_cuda.so"]}


def run(*command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{command} failed:\n{result.stdout}\n{result.stderr}")
    return result.stdout


def check(condition, message):
    if not condition:
        sys.exit(message)


def contents(package):
    """The names of a package's files, and of those below /usr/local or another prefix none. Everybody may read all of them."""
    lines = run("dpkg-deb", "-c", package).splitlines()
    for line in lines:
        check(re.match("drwxr-xr-x|-rw[-x]r-[-x]r-[-x]|l", line), f"{package}: {line}")
    names = [re.split(r"\s+", line, maxsplit=5)[5].removeprefix("./") for line in lines if not line.startswith("d")]
    check(all(name.startswith("usr/") and not name.startswith("usr/local/") for name in names), f"{package}: {names}")
    return [re.sub("^usr/lib/[^/]*-linux-gnu/", "usr/lib/", name) for name in names]  # where the build's prefix is /usr


def unpack(folder):
    """All packages below one root, and their names. No two may have a file of the same name: dpkg refuses that."""
    seen, names, synopses = {}, set(), set()
    for package in sorted(folder.glob("*.deb")):
        name = run("dpkg-deb", "-f", package, "Package").strip()
        names.add(name)
        synopses.add(run("dpkg-deb", "-f", package, "Description").splitlines()[0])
        files = contents(package)
        for file in FILES[name] + [f"usr/share/doc/{name}/{text}" for text in ("copyright", "changelog.gz", "CHANGELOG.md.gz")]:
            check(file in files, f"{package} lacks {file}: {files}")
        for file in files:
            check(file not in seen, f"{file} is in {name} and in {seen.get(file)}")
            seen[file] = name
        run("dpkg-deb", "-x", package, folder / "root")
    check(len(synopses) == len(names), f"lists of packages cannot tell them apart: {synopses}")
    return names


def check_program(folder, names):
    for name in names:
        depends = run("dpkg-deb", "-f", *folder.glob(f"{name}_*.deb"), "Depends")
        wanted = {"limpid": ["libsndfile1 ", "libc6 "], "limpid-dev": ["libhwy", "libfftw3" if FFTW else "libkissfft"]}
        for library in wanted.get(name, ["libc6 "]):
            check(library in depends, f"{name} depends on {depends}")
    for file in (folder / "root").rglob("*"):
        check(file.exists(), f"{file} leads nowhere")
    check(run(folder / "root/usr/bin/limpid", "--version").startswith("limpid "), "no version")
    if "limpid-ladspa" in names:
        for name in ("limpid-microphone.conf", "limpid-microphones.conf"):
            microphone = (folder / "root/usr/share/limpid" / name).read_text()
            check('"/usr/lib/ladspa/limpid_ladspa.so"' in microphone, microphone)


def check_compression(folder):
    """Of manual pages and changelogs, not of a shared library, whose name may end as a manual page's does."""
    texts = ["doc/limpid/changelog", "doc/limpid/CHANGELOG.md", "man/man1/limpid.1"]
    for name in [f"usr/share/{text}" for text in texts] + ["usr/lib/liblimpid.so.0.1"]:
        file = folder / "library" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("text")
    run("cmake", f"-DCPACK_TEMPORARY_INSTALL_DIRECTORY={folder}", "-P", SCRIPT)
    found = {str(file.relative_to(folder / "library")) for file in folder.rglob("*") if file.is_file()}
    check(found == {f"usr/share/{text}.gz" for text in texts} | {"usr/lib/liblimpid.so.0.1"}, f"compressed: {found}")


def main():
    if not all(shutil.which(tool) for tool in ("cpack", "dpkg-deb", "dpkg-shlibdeps", "file")):
        print("skipped: no cpack, dpkg-deb, dpkg-shlibdeps or file here")
        sys.exit(77)
    os.umask(0o077)  # of somebody who builds for others as well
    with tempfile.TemporaryDirectory(prefix="limpid_") as made:
        folder = pathlib.Path(made)
        check_compression(folder / "made_up")
        run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder)
        names = unpack(folder)
        check({"limpid", "limpid-dev"} <= names <= ALL, names)
        check_program(folder, names)


if __name__ == "__main__":
    main()
