#!/usr/bin/env bash
# From a fresh clone to an enhanced recording: examples/quickstart.sh [RECORDING]
# Installs Debian packages, builds limpid, and enhances RECORDING, or a noisy demonstration that it
# makes on the spot. Results go to demo/ in the current folder.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
case "${1:-}" in
  -h | --help) sed -n '2,4s/^# //p' "$0"; exit 0 ;;
esac
if [ $# -gt 0 ] && [ ! -f "$1" ]; then
  echo "$1: no such file" >&2
  exit 2
fi
step() { printf '\n== %s\n' "$*" >&2; }

step "Packages"
"$root/cmake/install_packages.sh" build

step "Build (a few minutes the first time)"
cmake -S "$root" -B "$root/build/quickstart" -G Ninja -DCMAKE_BUILD_TYPE=Release -DLIMPID_TESTS=OFF >/dev/null
cmake --build "$root/build/quickstart" --target limpid_cli
limpid=$root/build/quickstart/examples/limpid/limpid

mkdir -p demo
input=${1:-demo/noisy.wav}
if [ $# -eq 0 ]; then
  step "A noisy recording"
  "$root/examples/demo/make_noisy.sh" "$input"
fi

step "Enhance"
"$limpid" enhance "$input" -o demo/enhanced/ --overwrite --report demo/report.html

cat >&2 <<END

Before   $input
After    demo/enhanced/
Report   $PWD/demo/report.html   (pictures and players; open it in a browser)
Program  $limpid
END
