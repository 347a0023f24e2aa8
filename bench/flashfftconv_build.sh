#!/usr/bin/env bash
# Fetches public FlashFFTConv (Apache 2.0) to compare with and builds it where it lies, outside of limpid:
# flashfftconv_build.sh FOLDER. Exit code 77, and why in the last line, where that is not possible.
# Then PYTHONPATH=FOLDER:FOLDER/csrc/flashfftconv finds it.
set -uo pipefail
folder=${1:?FOLDER}
commit=b877102
skip() { echo "$*"; exit 77; }

export PATH=$PATH:/usr/local/cuda/bin
command -v nvcc >/dev/null || skip "nvcc is missing"
command -v git >/dev/null || skip "git is missing"
python3 -c "import torch; assert torch.cuda.is_available()" 2>/dev/null || skip "PyTorch with CUDA is missing, or a GPU"
if [ ! -e "$folder/.git" ]; then
  url=https://github.com/HazyResearch/flash-fft-conv
  timeout 20 git ls-remote -q $url HEAD >/dev/null || skip "github.com cannot be reached"
  timeout 120 git clone -q $url "$folder" || skip "$url cannot be fetched"
fi
git -C "$folder" checkout -qf $commit || skip "commit $commit is not there"

# It asks for an architecture list that may be empty and does not use it; today's PyTorch wants C++20 and has given up
# the names that it had for things of the standard library.
cd "$folder/csrc/flashfftconv" || skip "no csrc/flashfftconv"
sed -i 's/^arch = get_last_arch_torch()$/arch = "sm_80"/; s/-std=c++17/-std=c++20/' setup.py
grep -rlE 'c10::optional|AT_ERROR\(' --include='*.h' --include='*.cpp' --include='*.cu' . |
  xargs -r sed -i 's/c10::optional/std::optional/g; s/AT_ERROR(/TORCH_CHECK(false, /g'
MAX_JOBS=${MAX_JOBS:-$(nproc)} python3 setup.py -q build_ext --inplace || skip "it does not build: see above"
python3 -m pip install -q -t "$folder" einops || skip "einops, which it imports, is missing"
PYTHONPATH=$folder:$PWD python3 -c "from flashfftconv import FlashFFTConv" || skip "it was built and cannot be imported: see above"
