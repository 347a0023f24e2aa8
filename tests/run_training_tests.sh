#!/usr/bin/env bash
# The tests of the training recipe: run_training_tests.sh PYTHON. Exits 77 (skipped) without PyTorch.
set -euo pipefail
cd "$(dirname "$0")/../training"
for module in torch scipy soundfile; do
  "$1" -c "import $module" 2>/dev/null || { echo "no Python module $module"; exit 77; }
done
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1  # small products: threads only wait for each other, and the other tests
exec "$1" -m unittest discover -s tests -t .
