# shellcheck shell=bash disable=SC2034,SC2154,SC2317
# The measurements of networks, for gpu.sh, which sources this: stages aims, profile, network, peers, arrays and files.
# `step`, `most`, `fail`, `not_begun`, `skipped`, `program`, `torch_sees_card`, `root`, `out`, `stage` and `with` are gpu.sh's.

# leaves_json NAME COMMAND...: a step that must leave a line of JSON.
leaves_json() {
  step "$@" || return 1
  if grep -q '^{.*}$' "$out/$1.log"; then return 0; fi
  echo "== $1: failed: no result in $out/$1.log"; rm "$out/done/$1"; fail; return 1
}
# Names of the models inside the program that run on a GPU, of these architectures.
networks() {
  "${with[@]}" "$(program examples/limpid/limpid)" models --json | python3 -c '
import json, sys
for line in sys.stdin:
    spec = json.loads(line)
    if spec["architecture"] in sys.argv[1:]: print(spec["name"])' "$@"
}
# measured NAME MODEL ARGUMENTS...: how fast a model is on the card.
measured() {
  local name=$1 model=$2; shift 2
  leaves_json "network_$name" "${with[@]}" "$(program examples/limpid/limpid)" bench "$model" --device cuda --json "$@"
}
live() { measured "live_$1_$2_$3" "$1" --arithmetic "$2" --lanes "$3" --frames 1 --seconds 20; }         # MODEL ARITHMETIC LANES
grouped() { measured "grouped_$1_$2_$3_$4" "$1" --arithmetic "$2" --lanes "$3" --groups "$4" --frames 1 --seconds 10; }
recordings() { measured "files_$1_$2_$3" "$1" --arithmetic "$2" --lanes "$3" --frames 64 --seconds 60; }
streaming_frcrn() { measured "published_$1_$2" "$out/models/frcrn_frozen.safetensors" --arithmetic "$1" --lanes "$2" --frames 64 --seconds 60; }
whole_frcrn() { measured "whole_$1_$2" "$out/models/frcrn_published.safetensors" --arithmetic "$1" --lanes "$2" --seconds 10; }
arrays() { measured "arrays_$1_$2" "$out/models/deftan2_published.safetensors" --arithmetic "$1" --lanes "$2" --seconds 4; }
torch() {  # NAME MODEL-FILE ARGUMENTS...
  local name=$1 model=$2; shift 2
  leaves_json "torch_$name" python3 "$root/bench/network_torch.py" "$model" --json "$@"
}
# The published networks, with weights that nobody trained: a step each, of the models that are measured here and no others.
published() {
  local name=$1 model; shift
  for model in "$@"; do [ -e "$out/models/$model.safetensors" ] || rm -f "$out/done/$name"; done  # OUT may have come without them
  step "$name" "$root/tests/fixtures/make_models.sh" python3 "$out/models" "$@"
}
published_frcrn() { published peers_models frcrn_published frcrn_frozen; }
published_deftan2() { published arrays_model deftan2_published; }
# What docs/cuda.md names aims for, then what it is compared with. Compiling takes PyTorch minutes: that is for later stages.
stage_aims() {
  local arithmetic
  grouped base fp16 4096 2
  if published_deftan2; then for arithmetic in fp16 bf16; do arrays $arithmetic 16; done; fi
  if published_frcrn; then for arithmetic in fp16 bf16; do streaming_frcrn $arithmetic 64; done; fi
  live base fp16 4096
  live base fp16 2048
  grouped base fp16 4098 3
  beside_aims
}
beside_aims() {
  local arithmetic
  if published_frcrn; then for arithmetic in fp16 tf32 exact; do streaming_frcrn $arithmetic 32; done; fi
  if published_deftan2; then arrays exact 16; fi
  for arithmetic in tf32 exact; do live base $arithmetic 4096; done
  torch_sees_card || return 0
  if published_frcrn; then torch published_eager_32 "$out/models/frcrn_frozen.safetensors" --lanes 32 --eager --rounds 3; fi
  if published_deftan2; then torch arrays_eager_1 "$out/models/deftan2_published.safetensors" --lanes 1 --seconds 4 --eager --rounds 3; fi
}
# Every shipped network: many live streams, and many streams of files; with products on tensor cores where it has them.
stage_network() {
  local lanes model models arithmetic
  models=$(networks frcrn longconv deftan2) || { not_begun "$stage" "the models cannot be listed"; return 1; }
  for model in $models; do
    for lanes in 1 64 256 1024 4096; do live "$model" exact $lanes; done
    for lanes in 1 16 64 256 1024; do recordings "$model" exact $lanes; done
  done
  for model in $(networks frcrn longconv); do
    for arithmetic in tf32x3 tf32 fp16 bf16; do
      for lanes in 1024 2048 4096; do live "$model" $arithmetic $lanes; done
      recordings "$model" $arithmetic 256
    done
  done
}
# PyTorch on the same networks; the published ones also at full size, sample by sample against the CPU.
stage_peers() {
  torch_sees_card || { skipped "$stage" "no PyTorch with CUDA"; return 0; }
  local most=300 lanes model models arithmetic
  models=$(networks frcrn longconv deftan2) || { not_begun "$stage" "the models cannot be listed"; return 1; }
  for model in $models; do
    for lanes in 16 64 256; do torch "${model}_$lanes" "$root/assets/$model.safetensors" --lanes $lanes; done
  done
  published_frcrn || return 0
  same_as_cpu published "$out/models/frcrn_frozen.safetensors" --files 4 --seconds 5
  for lanes in 1 8 32; do
    streaming_frcrn exact $lanes
    torch published_$lanes "$out/models/frcrn_frozen.safetensors" --lanes $lanes
  done
  for lanes in 1 8; do whole_frcrn exact $lanes; done  # as published, over whole recordings
  for arithmetic in tf32x3 tf32 fp16 bf16; do
    streaming_frcrn $arithmetic 32
    whole_frcrn $arithmetic 8
  done
  same_as_cpu whole "$out/models/frcrn_published.safetensors" --files 2 --seconds 3
}
# The published network for arrays, over whole recordings of 4 s.
stage_arrays() {
  local lanes arithmetic model=$out/models/deftan2_published.safetensors
  published_deftan2 || return 0
  same_as_cpu arrays "$model" --files 2 --seconds 2
  for arithmetic in fp16 bf16 tf32 tf32x3 exact; do
    for lanes in 16 1 4; do arrays $arithmetic $lanes; done
  done
  torch_sees_card || { skipped "$stage" "no PyTorch with CUDA"; return 0; }
  for lanes in 1 4; do torch arrays_$lanes "$model" --lanes $lanes --seconds 4 --eager; done
}
# Where the time goes, kernel by kernel: some calls of what the aims are about.
stage_profile() {
  local limpid metrics=gpu__time_duration.sum,dram__bytes.sum,launch__registers_per_thread
  have ncu || { skipped "$stage" "ncu is missing"; return 0; }
  limpid=$(program examples/limpid/limpid)
  profile() {  # NAME FIRST COUNT BENCH-ARGUMENTS: COUNT kernels from FIRST on
    local name=$1 first=$2 count=$3; shift 3
    step "profile_$name" "${with[@]}" ncu --metrics $metrics --csv --print-units base --launch-skip "$first" --launch-count "$count" \
      "$limpid" bench "$@" --device cuda || return 0
    if "$root/bench/gpu_profile.py" "$out/profile_$name.log" > "$out/profile_$name.md"; then head -12 "$out/profile_$name.md"; return 0; fi
    echo "== profile_$name: failed: no kernels in $out/profile_$name.log"; rm "$out/done/profile_$name"; fail; return 1
  }
  profile live_base 400 136 base --arithmetic fp16 --lanes 2048 --frames 1 --seconds 0.2
  [ ! -e "$out/models/frcrn_frozen.safetensors" ] ||
    profile frcrn 200 120 "$out/models/frcrn_frozen.safetensors" --arithmetic fp16 --lanes 32 --frames 64 --seconds 1
  [ ! -e "$out/models/deftan2_published.safetensors" ] ||
    profile deftan2 100 160 "$out/models/deftan2_published.safetensors" --arithmetic fp16 --lanes 16 --seconds 4
}
# Many files through `limpid enhance`, beside the same on all cores; their outputs must agree.
same_as_cpu() {  # NAME MODEL ARGUMENTS...
  local name=$1 model=$2; shift 2
  leaves_json "files_$name" "${with[@]}" python3 "$root/bench/gpu_files.py" "$(program examples/limpid/limpid)" "$out/files" --model "$model" "$@"
}
stage_files() {
  local count model models
  models=$(networks frcrn longconv deftan2) || { not_begun "$stage" "the models cannot be listed"; return 1; }
  for model in $models; do
    for count in 16 256; do same_as_cpu "${model}_$count" "$model" --files $count --seconds 60; done
  done
  rm -rf "$out/files"
}
