#!/usr/bin/env bash
# What limpid links, for WebAssembly, out of Debian's source packages:
#   cmake/install_packages.sh wasm && cmake/wasm/build_dependencies.sh PREFIX && LIMPID_WASM=PREFIX cmake --preset wasm
# Debian 13.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../from_source.sh"
export LIMPID_WASM=$prefix

build highway -DHWY_ENABLE_EXAMPLES=OFF -DHWY_ENABLE_TESTS=OFF
build kissfft -DKISSFFT_STATIC=ON -DKISSFFT_TEST=OFF -DKISSFFT_TOOLS=OFF
# For the tests:
build libsamplerate -DLIBSAMPLERATE_EXAMPLES=OFF
build libsndfile -DBUILD_PROGRAMS=OFF -DBUILD_EXAMPLES=OFF -DENABLE_EXTERNAL_LIBS=OFF -DENABLE_MPEG=OFF
build fmtlib -DFMT_TEST=OFF -DFMT_DOC=OFF
build googletest -DBUILD_GMOCK=OFF
copy_headers CLI11 CLI
copy_headers nlohmann_json nlohmann
