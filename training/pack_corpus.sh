#!/usr/bin/env bash
# Packs what training needs of a corpus (no evaluation sets) into parts of at most MB megabytes, for machines that are
# reached through small transfers: pack_corpus.sh CORPUS PARTS [MB]. train_on_gpu.sh takes the folder of parts as its corpus.
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: $0 CORPUS PARTS [MB]" >&2; exit 2; }
mkdir -p "$2"
rm -f "$2"/corpus.tar.[0-9]*
tar -C "$1" -cf - manifest.csv speech noise rir | split -d -b "${3:-50}M" - "$2/corpus.tar."
ls -l "$2"
