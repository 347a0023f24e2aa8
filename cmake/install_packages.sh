#!/usr/bin/env bash
# Installs the Debian packages that a part of limpid needs: install_packages.sh build|test|demo|mingw|wasm
# (build: the library, the command line and the plug-ins; test: what the tests need on top; demo: speech and noise
# for examples/quickstart.sh; mingw: what compiles for Windows on top; wasm: what compiles for browsers, Debian 13).
# Debian 12 or newer, Ubuntu 24.04.
set -euo pipefail

build="g++ cmake ninja-build pkg-config libfftw3-dev libhwy-dev nlohmann-json3-dev libsndfile1-dev
       libsamplerate0-dev zlib1g-dev portaudio19-dev ladspa-sdk lv2-dev libcli11-dev libfmt-dev"
test="libgtest-dev libbenchmark-dev libkissfft-dev python3 python3-numpy python3-scipy python3-soundfile
      python3-matplotlib libopenblas0-pthread python3-torch
      dpkg-dev file fish groff-base lilv-utils zsh"
dispensable="python3-torch"  # Ubuntu has none; tests that want it are skipped by name
demo="sox pocketsphinx-testdata bucklespring-data"
mingw="g++-mingw-w64-x86-64-posix libz-mingw-w64-dev dpkg-dev make wine64"
wasm="emscripten cmake ninja-build pkg-config nlohmann-json3-dev libcli11-dev dpkg-dev"

case "${1:-}" in
  build) packages=$build ;;
  test) packages="$build $test" ;;
  demo) packages=$demo ;;
  mingw) packages="$build $mingw" ;;
  wasm) packages=$wasm ;;
  *) echo "usage: $0 build|test|demo|mingw|wasm" >&2; exit 2 ;;
esac

missing=()
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
command -v apt-get >/dev/null || { echo "these packages are needed: ${missing[*]}" >&2; exit 1; }
as_root=$([ "$(id -u)" -eq 0 ] || echo sudo)
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
there=()
for package in "${missing[@]}"; do
  if [[ " $dispensable " == *" $package "* && -z $(apt-cache madison "$package") ]]; then
    echo "this system has no package $package: some tests will be skipped" >&2
  else
    there+=("$package")
  fi
done
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${there[@]}"
