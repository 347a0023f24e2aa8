"""Stub programs in place of a GPU machine's, for gpu_script_test.py: they answer at once, with what the scripts of bench/ read.
Programs named in STUBS_SILENT (blanks between them) succeed and say nothing; one in STUBS_FAIL fails. A call that has STUBS_HANG among
its words never ends."""
import json
import sys

MODELS = json.dumps({"name": "light", "architecture": "longconv"})
BENCH = json.dumps({
    "model": "stub", "lanes": 16, "groups": 2, "frames": 1, "arithmetic": "fp16", "calls": 9, "real_time_factor": 0.001, "p50_ms": 1.0,
    "p99_ms": 2.0, "deadline_ms": 10.0, "deadline_misses": 0, "memory_bytes": 4096,
    "of_the_card": {"flops": 1.0, "flops_ceiling": 4.0, "bytes_at_least": 1.0, "bytes_ceiling": 2.0}})
TORCH = json.dumps({"model": "stub", "lanes": 1, "seconds": 4, "times_real_time": {"fp32": 100.0, "fp16": 200.0}})
FILES = json.dumps({"files": 2, "seconds": 3, "times_real_time": 500.0, "cpu_times_real_time": 50.0, "worst_difference": 1e-6})
KERNEL = [("gpu__time_duration.sum", 2000), ("dram__bytes.sum", 4096), ("launch__registers_per_thread", 40)]
PROFILE = "\n".join(['"ID","Kernel Name","Metric Name","Metric Value"'] + [f'"0","stub","{name}","{value}"' for name, value in KERNEL])

# What gpu.sh runs from a build or a pack, by the last part of its path.
TEST = "echo '[  PASSED  ] 3 tests.'"
PROGRAMS = {f"tests/cuda/{name}": TEST for name in ("cuda_device_test", "cuda_arithmetic_test", "frcrn_gpu_test", "longconv_gpu_test",
                                                    "deftan2_gpu_test")}
PROGRAMS["bench/limpid_long_conv_cuda_bench"] = ("echo $1,64,768,fp32,plain,causal,1.0,0.1,2.0,0.2,1,2.0,1.1,120\n"
                                                 "echo sparse,$1,64,768,fp32,0.5,1.0,2.0")
PROGRAMS["examples/limpid/limpid"] = f"""case "$1 $*" in
  models*) echo '{MODELS}' ;;
  *--json*) echo '{BENCH}' ;;
  *) echo 'real-time factor 0.001' ;;
esac"""
PROGRAMS["lib/kernels/cuda/liblimpid_cuda.so"] = ":"

# Of the machine. This python3 answers for everything that would want PyTorch or numpy; the rest is Python's.
MACHINE = {
    "nvcc": ":", "strip": ":", "nvidia-smi": "echo stub",
    "compute-sanitizer": 'shift 4; exec "$@"',  # --tool TOOL --error-exitcode 9
    "ncu": f"echo '{PROFILE}'",
    "git": 'case " $* " in *" clone "* | *" ls-remote "*) exit 1 ;; esac\nexec /usr/bin/git "$@"',  # no network
    "python3": f"""case "$*" in
  *network_torch.py*) echo '{TORCH}' ;;
  *gpu_files.py*) echo '{FILES}' ;;
  *long_conv_torch.py*) for points; do :; done; echo "$points,fp32,plain,causal,1.5,1.6" ;;
  *make_checkpoint.py* | *convert.py*) while [ "$1" != -o ]; do shift; done; touch "$2" ;;
  *"import torch"*) ;;
  *find_spec*) exit 1 ;;
  *) exec '{sys.executable}' -S "$@" ;;
esac""",
    # Configures and builds if all that limpid needs is there: STUBS_PROGRAMS is a folder of built programs.
    "cmake": """[ -n "${STUBS_PROGRAMS:-}" ] || { echo 'GTest is missing'; exit 1; }
if [ "$1" = --build ]; then cp -r "$STUBS_PROGRAMS/." "$2"; else mkdir -p "$4"; touch "$4/build.ninja"; fi""",
}


def write(folder, programs):
    """Makes them in a folder, each under its name."""
    for name, script in programs.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\ncase ' '${{STUBS_SILENT:-}}' ' in *' {path.name} '*) exit 0 ;; esac\n"
                        f"case ' '${{STUBS_FAIL:-}}' ' in *' {path.name} '*) exit 1 ;; esac\n"
                        f"case \"$*\" in *\"${{STUBS_HANG:-no such words}}\"*) sleep 1000 ;; esac\n{script}\n")
        path.chmod(0o755)
