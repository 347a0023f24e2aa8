#!/usr/bin/env bash
# Packs what training needs of a corpus (no evaluation sets) into parts of at most MB megabytes, for machines that are
# reached through small transfers: pack_corpus.sh CORPUS PARTS [MB]. train_on_gpu.sh takes the folder of parts as its corpus.
# What is needed are the files that manifest.csv names. PYTHON names another interpreter than python3.
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: $0 CORPUS PARTS [MB]" >&2; exit 2; }
files=$(mktemp)
trap 'rm -f "$files"' EXIT
"${PYTHON:-python3}" -c '
import csv, sys
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    print("manifest.csv", *dict.fromkeys(row["path"] for row in csv.DictReader(file)), sep="\n")' "$1/manifest.csv" > "$files"
mkdir -p "$2"
rm -f "$2"/corpus.tar.[0-9]*
tar -C "$1" -cf - --verbatim-files-from -T "$files" | split -d -b "${3:-50}M" - "$2/corpus.tar."
ls -l "$2"
