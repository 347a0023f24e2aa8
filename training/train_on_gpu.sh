#!/usr/bin/env bash
# Uses a limited time on a GPU fully: train_on_gpu.sh CORPUS OUT SECONDS [CONFIG] [--plan SECONDS] [--start MODEL]
#   [--more CORPUS ...] [--data SOURCES.json ...] [--cpu]
# CORPUS is a corpus folder or a folder of parts made by pack_corpus.sh. Decodes and mixes on all cores, trains CONFIG (base)
# for SECONDS of wall clock counted from now, exports OUT/CONFIG.safetensors every two minutes and draws OUT/curves.png.
# Call it again with the same OUT to go on, also after a kill; the run is OUT/run. When several calls are planned, give their
# sum as --plan, so that the learning rate falls over all of them; otherwise it ends with each call and rises with the next.
# With --start a new run begins from a model file, whose network it may extend. With --data in every call the model's card says
# where the corpus comes from and the licence of the weights (recordings.json). With --cpu it goes the same way without a GPU,
# to try it. PYTHON names another interpreter than python3.
set -euo pipefail
usage="usage: $0 CORPUS OUT SECONDS [CONFIG] [--plan SECONDS] [--start MODEL] [--more CORPUS ...] [--data SOURCES.json ...] [--cpu]"
[ $# -ge 3 ] || { echo "$usage" >&2; exit 2; }
corpus=$(realpath "$1"); mkdir -p "$2"; out=$(realpath "$2"); seconds=$3; config=base; begin=$SECONDS
shift 3
case "${1:--}" in -*) ;; *) config=$1; shift ;; esac
if [ -f "$config" ]; then config=$(realpath "$config"); fi
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1  # one process a core
if [ ! -f "$corpus/manifest.csv" ]; then
  if [ ! -f "$out/corpus/.whole" ]; then
    mkdir -p "$out/corpus"
    cat "$corpus"/corpus.tar.[0-9]* | tar -C "$out/corpus" -xf -
    touch "$out/corpus/.whole"
  fi
  corpus=$out/corpus
fi
here=$(dirname "$(realpath "$0")")
export PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}"
exec "${PYTHON:-python3}" -m limpid_train.limited "$corpus" "$out" $((seconds - (SECONDS - begin))) --config "$config" "$@"
