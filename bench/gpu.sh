#!/usr/bin/env bash
# Uses a time on a GPU machine fully: gpu.sh [--stage STAGE] [--seconds N] [OUT]
# Builds with CUDA, runs the CUDA tests, the sanitizers and the benchmarks, and leaves one table, OUT/table.md
# (OUT: ./gpu-results). What is done is noted under OUT/done: call it again, with the same OUT, to go on.
# What matters most comes first, so a short time is well used: tests, what the aims are about, sanitizers, then everything else.
#   --stage check|build|pack|test|aims|sanitize|profile|network|peers|arrays|files|bench|flashfftconv|table   only that (default: all of these but pack)
#   --stage racecheck                             of the networks' kernels; nobody has seen it come to an end
#   --stage train                                 training/train_on_gpu.sh; CORPUS and TRAIN_SECONDS in the environment
#   --seconds N                                   begin nothing after N seconds, and stop what runs then
#   --most N                                      seconds for a step, so that one that hangs leaves time for the others (default: 120; some have more)
#   --again                                       do what is asked for once more, and forget how it went before
# Succeeds if everything that was asked for is done, or needs what this machine lacks; what is not done stands in the table.
# A machine without nvcc or without limpid's packages runs programs built elsewhere: call `gpu.sh --stage pack`
# on a machine with CUDA, and take build/gpu-pack (CUDA itself is taken from PyTorch if it is not installed).
# Where a pack lies and build/gpu is not configured, nothing is built: the pack is used.
set -uo pipefail
export PATH=$PATH:/usr/local/cuda/bin
root=$(cd "$(dirname "$0")/.." && pwd)
stages="check build test aims sanitize profile network peers arrays files bench flashfftconv table" seconds=1000000 out="" again=0
most=120
while [ $# -gt 0 ]; do
  case "$1" in
    --stage) stages=$2; shift 2 ;;
    --seconds) seconds=$2; shift 2 ;;
    --most) most=$2; shift 2 ;;
    --again) again=1; shift ;;
    -*) sed -n '2,15p' "$0" >&2; exit 2 ;;
    *) out=$1; shift ;;
  esac
done
out=$(realpath -m "${out:-./gpu-results}"); mkdir -p "$out/done" "$out/not_begun" "$out/skipped"
rm -f "$out/failed"; touch "$out/begun"
build=$root/build/gpu pack=$root/build/gpu-pack
programs="tests/cuda/cuda_device_test tests/cuda/cuda_arithmetic_test tests/cuda/frcrn_gpu_test
  tests/cuda/longconv_gpu_test tests/cuda/deftan2_gpu_test bench/limpid_long_conv_cuda_bench examples/limpid/limpid"
library=lib/kernels/cuda/liblimpid_cuda.so

have() { command -v "$1" >/dev/null 2>&1; }
# Asked once: PyTorch takes seconds to begin.
torch_sees_card() {
  if [ -z "${torch_sees:-}" ]; then
    if python3 -c "import torch; assert torch.cuda.is_available()" 2>/dev/null; then torch_sees=yes; else torch_sees=no; fi
  fi
  [ "$torch_sees" = yes ]
}
fail() { touch "$out/failed"; }  # a file: steps may be processes of their own
# not_begun NAME WHY: for the table.
not_begun() { echo "not begun, $2: $1"; echo "$2" > "$out/not_begun/$1"; fail; }
# skipped NAME WHY: what this machine lacks, for the table.
skipped() { echo "== $1: skipped: $2"; echo "$2" > "$out/skipped/$1"; }
is_done() { [ -e "$out/done/$1" ] && { [ $again = 0 ] || [ ! "$out/done/$1" -ot "$out/begun" ]; }; }
# step NAME COMMAND...: once, in the time that is left; its output is OUT/NAME.log, the seconds it took are in OUT/times.csv.
# Exit code 77 says that it cannot be done here, and the last line why: skipped, which is no failure.
step() {
  local name=$1 code begin=$SECONDS left=$((seconds - SECONDS)); shift
  ! is_done "$name" || return 0
  rm -f "$out/done/$name" "$out/skipped/$name" "$out/not_begun/$name"
  [ $again = 0 ] || rm -f "$out/$name.log"
  [ $left -gt 5 ] || { not_begun "$name" "no time left"; return 1; }
  [ $left -lt "$most" ] || left=$most
  timeout --kill-after=10 "$left" "$@" > "$out/$name.log" 2>&1; code=$?
  echo "$name,$((SECONDS - begin)),$code" >> "$out/times.csv"
  if [ $code = 0 ]; then touch "$out/done/$name"; echo "== $name: $((SECONDS - begin)) s"; return 0; fi
  if [ $code = 77 ]; then tail -1 "$out/$name.log" | tee "$out/skipped/$name" | sed "s/^/== $name: skipped: /"; return 77; fi
  fail; echo "== $name: failed ($code) after $((SECONDS - begin)) s: $out/$name.log"; tail -3 "$out/$name.log" | sed 's/^/   /'
  return 1
}
# tested NAME COMMAND...: a step of tests, all of which must have run: this machine is supposed to have a GPU.
tested() {
  local name=$1 log=$out/$1.log
  step "$@" || return 1
  if grep -q '^\[  PASSED  \] [1-9]' "$log" && ! grep -q SKIPPED "$log"; then return 0; fi
  echo "== $name: failed: no test ran, or some were skipped: $log"$'\n'"$(grep -iA1 skipped "$log" | head -12 | sed 's/^/   /')"
  rm "$out/done/$name"; fail; return 1
}
# A pack that was brought here is used without a try to build, which takes minutes of a card's time and wants limpid's packages.
uses_pack() { [ -x "$pack/cuda_device_test" ] && { [ ! -e "$build/build.ninja" ] || ! have nvcc || ! have cmake; }; }
program() {
  if uses_pack; then echo "$pack/${1##*/}"; else echo "$build/$1"; fi
}
# The commit of this tree, "-dirty" behind it if files differ from it; nothing where that is not known.
commit_of_tree() { [ ! -e "$root/.git" ] || git -C "$root" describe --always --dirty --exclude='*' --abbrev=12 2>/dev/null; }
# Says where the programs come from; fails if that is known to be another commit than this tree's.
origin() {
  local theirs ours
  uses_pack || { echo "programs: built here"; return 0; }
  theirs=$(cat "$pack/commit" 2>/dev/null) ours=$(commit_of_tree)
  echo "programs: the pack's, of commit ${theirs:-unknown}"
  [ -n "$theirs" ] && [ -n "$ours" ] && [ "$theirs" != "$ours" ] || return 0
  echo "programs: FAILED: the pack is not of this tree, which is $ours"; fail; return 1
}

stage_check() {
  {
    local commit; commit=$(commit_of_tree)
    echo "date: $(date -u +%F)"; echo "commit: ${commit:-unknown}"; echo "cores: $(nproc)"
    if have nvidia-smi; then
      nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,clocks.max.mem --format=csv,noheader | sed 's/^/gpu: /'
    else echo "gpu: nvidia-smi is missing"; fi
    for tool in nvcc cmake ninja c++ compute-sanitizer python3; do
      if have $tool; then echo "$tool: $(command -v $tool)"; else echo "$tool: MISSING"; fi
    done
    python3 -c "import torch; print('torch:', torch.__version__, 'CUDA', torch.version.cuda, torch.cuda.is_available())" 2>/dev/null \
      || echo "torch: MISSING"
  } | tee "$out/machine.txt"
  origin
}

configure_and_build() {  # FOLDER ARCHITECTURES
  cmake -S "$root" -B "$1" -G Ninja -DCMAKE_BUILD_TYPE=Release -DLIMPID_CUDA=ON "-DCMAKE_CUDA_ARCHITECTURES=$2" \
        -DLIMPID_BENCH=ON -DLIMPID_LIVE=OFF &&
    cmake --build "$1" --target cuda_device_test cuda_arithmetic_test frcrn_gpu_test longconv_gpu_test deftan2_gpu_test \
      limpid_long_conv_cuda_bench limpid_cli limpid_cuda
}
stage_build() {
  if uses_pack; then echo "nothing to build:"; origin; return; fi
  if ! have nvcc || ! have cmake; then
    not_begun build "no nvcc or no cmake here, and no $pack: call 'bench/gpu.sh --stage pack' where they are"; return 1
  fi
  export -f configure_and_build; export root
  local architectures="80;90" most=$seconds
  ! have nvidia-smi || architectures=native
  step build bash -c "configure_and_build '$build' '$architectures'"
}
# Programs and every library that a bare machine may lack, but for CUDA's, which are large, and the compiler's, which PyTorch
# may need newer.
stage_pack() {
  local name
  rm -f "$out/done/pack"
  configure_and_build "$build" 90 > "$out/pack.log" 2>&1 || { tail -20 "$out/pack.log"; fail; return 1; }
  rm -rf "$pack"; mkdir -p "$pack/lib"
  for name in $programs $library; do
    cp "$build/$name" "$pack/" || { fail; return 1; }
    strip "$pack/$(basename "$name")"
    ldd "$build/$name" | awk '$3 ~ /^\// {print $3}' |
      grep -vE '/(libc|libm|libdl|librt|libpthread|libstdc\+\+|libgcc_s|libcu[a-z]+|libnv[a-zA-Z]+)\.so' | xargs -r cp -Lu -t "$pack/lib"
  done
  commit_of_tree > "$pack/commit"
  du -sh "$pack"; touch "$out/done/pack"
}

# Where limpid's programs find what they are linked with: CUDA's own libraries, where they are not installed, came with
# PyTorch; the others are in the pack. Only for them: PyTorch keeps its own.
find_libraries() {
  local torch libraries=${LD_LIBRARY_PATH:-}
  torch=$(python3 -c "import importlib.util as i; print(i.find_spec('nvidia').submodule_search_locations[0])" 2>/dev/null)
  [ -z "$torch" ] || libraries=$(find "$torch" -name 'libcufft.so*' -printf '%h:' | tr '\n' ':')$libraries
  ! uses_pack || libraries=$pack:$pack/lib:$libraries
  with=(env "LD_LIBRARY_PATH=$libraries")
}

# Tests and sanitizers are not timed, and most of what they do is waiting for one core: all at the same time, and beside the
# tests the models that `aims` measures are made, for which the card would wait.
stage_test() {
  local name most=180
  tested test_arithmetic "${with[@]}" "$(program tests/cuda/cuda_arithmetic_test)" &
  for name in cuda_device_test frcrn_gpu_test longconv_gpu_test deftan2_gpu_test; do
    tested "test_$name" "${with[@]}" "$(program tests/cuda/$name)" &
  done
  published_frcrn &
  published_deftan2 &
  wait
}
sanitized() {  # NAME TOOL TESTS FILTER
  tested "sanitize_$1" "${with[@]}" compute-sanitizer --tool "$2" --error-exitcode 9 "$(program "tests/cuda/$3")" "--gtest_filter=$4"
}
sanitized_networks() {  # TOOL; without minutes of audio, which use the same kernels. Goes on beside what comes next.
  local name
  for name in frcrn longconv deftan2; do sanitized "$1_$name" "$1" "${name}_gpu_test" '*OnDevice.*-FrcrnWhole*:Enhancer*' & done
}
stage_sanitize() {
  local tool most=180  # more than any took that came to an end; the measurements that follow need the rest
  have compute-sanitizer || { skipped sanitize "compute-sanitizer is missing"; return 0; }
  for tool in memcheck racecheck initcheck; do
    sanitized $tool $tool cuda_device_test '*AwkwardLengths:*InSegments:*InAGraph:*RowsAtOnce*' &
    [ $tool = racecheck ] || sanitized_networks $tool
  done
  wait
}
stage_racecheck() {
  have compute-sanitizer || { skipped racecheck "compute-sanitizer is missing"; return 0; }
  local most=$seconds
  sanitized_networks racecheck
  wait
}
stage_bench() {
  local points=256 most=300
  while [ $points -le 4194304 ]; do
    step "bench_$points" "${with[@]}" "$(program bench/limpid_long_conv_cuda_bench)" $points || true
    if torch_sees_card; then
      step "torch_$points" python3 "$root/bench/long_conv_torch.py" $points || true
    fi
    points=$((points * 2))
  done
}
# Public FlashFFTConv, fetched and built under OUT, beside ours.
stage_flashfftconv() {
  local points=256 most=$seconds
  step flashfftconv "$root/bench/flashfftconv_build.sh" "$out/flashfftconv" || return 0
  while [ $points -le 4194304 ]; do
    step "flash_$points" env "PYTHONPATH=$out/flashfftconv:$out/flashfftconv/csrc/flashfftconv" \
      python3 "$root/bench/long_conv_torch.py" --flashfftconv $points || true
    points=$((points * 2))
  done
}
stage_table() {
  grep -hE '^[0-9]+,[0-9]+,' "$out"/bench_*.log > "$out/bench.csv" 2>/dev/null
  grep -h '^sparse,' "$out"/bench_*.log > "$out/sparse.csv" 2>/dev/null
  grep -hE '^[0-9]+,(fp|bf)' "$out"/torch_*.log > "$out/torch.csv" 2>/dev/null
  grep -hE '^[0-9]+,(fp|bf)' "$out"/flash_*.log > "$out/flash.csv" 2>/dev/null
  origin > "$out/programs.txt"
  python3 "$root/bench/gpu_table.py" "$out" > "$out/table.md" || { echo "== the table is not whole"; fail; }
  echo "$out/table.md"
}
stage_train() {
  local most=$seconds
  [ -n "${CORPUS:-}" ] || { echo "CORPUS must name the corpus" >&2; fail; return 1; }
  step train "$root/training/train_on_gpu.sh" "$CORPUS" "$out/train" "${TRAIN_SECONDS:-$((seconds - SECONDS))}"
}

. "$root/bench/gpu_networks.sh"
find_libraries
for stage in $stages; do
  declare -F "stage_$stage" >/dev/null || { echo "no stage '$stage'" >&2; exit 2; }
  rm -f "$out/not_begun/$stage" "$out/skipped/$stage"
  "stage_$stage"
done
[ ! -e "$out/failed" ]
