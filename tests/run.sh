#!/usr/bin/env bash
# Installs what the tests need, builds everything with warnings as errors, runs all tests.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake/install_packages.sh test
cmake --preset ci
cmake --build --preset ci
ctest --preset ci -j "$(nproc)"
