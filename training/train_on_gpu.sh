#!/usr/bin/env bash
# Uses a limited time on a GPU fully: train_on_gpu.sh CORPUS OUT SECONDS [CONFIG]
# CORPUS is a corpus folder or a folder of parts made by pack_corpus.sh. Decodes and mixes on all cores, trains CONFIG (base)
# for SECONDS of wall clock counted from now, exports OUT/CONFIG.safetensors every two minutes and draws the curves.
# Call it again with the same OUT to go on: the run's folder is OUT/run, and its budget grows by SECONDS.
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: $0 CORPUS OUT SECONDS [CONFIG]" >&2; exit 2; }
corpus=$(realpath "$1"); mkdir -p "$2"; out=$(realpath "$2"); seconds=$3; config=${4:-base}; begin=$SECONDS
cd "$(dirname "$0")"
python3 -c "import numpy, scipy, soundfile, torch; assert torch.cuda.is_available(), 'no GPU'"

if [ ! -f "$corpus/manifest.csv" ]; then
  mkdir -p "$out/corpus"
  [ -f "$out/corpus/manifest.csv" ] || cat "$corpus"/corpus.tar.[0-9]* | tar -C "$out/corpus" -xf -
  corpus=$out/corpus
fi
python3 -c "
from pathlib import Path
from limpid_train import corpus, train
corpus.Corpus('$corpus', '$out/data', 'train', $(nproc))
train.room_bank(Path('$out/data/rooms'), $(nproc))"
spent=$(python3 -c "
from limpid_train.checkpoint import load_latest
state = load_latest('$out/run')
print(int(state['spent']) if state else 0)")
left=$((seconds - (SECONDS - begin) - 20))
echo "training $config for $left s after $spent s"
python3 -m limpid_train.train --config "$config" --corpus "$corpus" --cache "$out/data" --run "$out/run" \
  --time-budget $((spent + left)) --processes "$(nproc)" --export "$out/$config.safetensors"
python3 -m limpid_train.plot --run "$out/run" -o "$out/curves.png" || echo "no curves: matplotlib is missing"
