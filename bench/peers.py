#!/usr/bin/env python3
"""The same network in limpid, PyTorch and ONNX Runtime, one core each, in one run.

  bench/peers.py --limpid build/ci/examples/limpid/limpid --model MODEL.safetensors [--peak-bench BIN] [--json OUT]

Needs torch, and for the third row onnx, onnxscript and onnxruntime (training/requirements.txt).
The systems take turns, round after round, so that a drifting machine hits all of them; medians are printed.
Time is the process's CPU time: on a shared machine it says what a core of one's own would.
Peers compute masks from spectra on a whole recording; limpid includes its transforms.
"""
import argparse
import io
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "training"))
import numpy as np
import torch
from limpid_train import complexity, longconv, weights
from network_torch import prepared


def between_transforms(network, seconds):
    """The module, and an input of that length for it."""
    module, shape = prepared(network, 1, round(seconds / network.config["hop"]))
    return module.eval(), torch.from_numpy(np.random.default_rng(1).standard_normal(shape).astype(np.float32))


def torch_runner(module, x):
    def run():
        with torch.inference_mode():
            module(x)
    return run


def direct_conv(p, h):
    """longconv.gated_conv without transforms, which opset 17 does not know."""
    q, k, v = p.unbind(0)
    u = torch.nn.functional.pad((k * v).permute(2, 0, 1), (h.shape[1] - 1, 0))
    return q * torch.nn.functional.conv1d(u, h.flip(1)[:, None], groups=len(h)).permute(1, 2, 0)


def onnx_runner(module, x):
    try:
        import onnxruntime
        network = io.BytesIO()
        with mock.patch.object(longconv, "gated_conv", direct_conv):
            torch.onnx.export(module, (x,), network, dynamo=False, opset_version=17)
    except Exception as problem:  # a peer that is not at hand is a row less, not a failure
        print(f"no ONNX Runtime row: {problem}", file=sys.stderr)
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(network.getvalue(), options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: x.numpy()}
    return lambda: session.run(None, feed)


def cpu_seconds(run):
    start = time.process_time()
    run()
    return time.process_time() - start


def limpid_row(program, model, options, seconds):
    """CPU real-time factor (loading taken off by a second, shorter run) and limpid's own report."""
    def spent(length):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        out = subprocess.run([program, "bench", model, "--json", *options, "--seconds", str(length)],
                             check=True, capture_output=True, text=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, json.loads(out)
    short, _ = spent(1)
    long, report = spent(1 + seconds)
    return (long - short) / seconds, report


def peak_flops(program):
    """What the core's multiply-add units reach in a loop without memory."""
    out = subprocess.run([program, "--benchmark_filter=peak", "--benchmark_format=json"], check=True,
                         capture_output=True, text=True).stdout
    row = [row for row in json.loads(out)["benchmarks"] if "peak" in row["name"]][-1]
    return max(value for key, value in row.items() if isinstance(value, float) and value > 1e9)


def systems_of(network, seconds):
    """{name: a call that does the work} of the peers, and {name: options of `limpid bench`}, what all are compared with last."""
    module, x = between_transforms(network, seconds)
    array = network.config["architecture"] == "deftan2"
    peers = {"PyTorch " + torch.__version__.split("+")[0]: torch_runner(module, x),
             "ONNX Runtime": None if array else onnx_runner(module, x)}  # exporting an array network takes 14 GB
    ours = {"limpid, 1 hop a call": ("--frames", "1"), "limpid, 16 hops a call": ("--frames", "16")}
    if array and not network.config["causal"]:
        ours = {"limpid, the whole recording": ()}
    return {name: run for name, run in peers.items() if run}, ours


def measured(a, network):
    """Real-time factors of every round by system, limpid's first, and limpid's own reports."""
    peers, ours = systems_of(network, a.seconds)
    for run in peers.values():
        run()
    factors, reports = {}, {}
    for _ in range(a.rounds):
        for name, options in ours.items():
            factor, reports[name] = limpid_row(a.limpid, a.model, options, a.seconds)
            factors.setdefault(name, []).append(factor)
        for name, run in peers.items():
            factors.setdefault(name, []).append(cpu_seconds(run) / a.seconds)
    return factors, reports


def table(model, macs, factors, reports, peak):
    """Prints the table, and returns its rows. `peak`: FLOP/s of the core, or None."""
    best = statistics.median(factors[list(reports)[-1]])
    print(f"{model}: {macs / 1e9:.2f} GMAC per second of audio"
          + (f"; FMA peak of this core {peak / 1e9:.0f} GFLOP/s" if peak else ""))
    print("| system | real-time factor (CPU) | min..max | against limpid | GFLOP/s |" + (" of peak |" if peak else ""))
    print("|---|---|---|---|---|" + ("---|" if peak else ""))
    rows = []
    for name, values in factors.items():
        median = statistics.median(values)
        rate = 2 * macs / median
        rows.append({"system": name, "factor": median, "min": min(values), "max": max(values), "gflops": rate / 1e9,
                     **({"of_peak": rate / peak} if peak else {}), **reports.get(name, {})})
        print(f"| {name} | {median:.4f} | {min(values):.4f}..{max(values):.4f} | {median / best:.2f} x | {rate / 1e9:.0f} |"
              + (f" {rate / peak:.0%} |" if peak else ""))
    for name, report in reports.items():
        print(f"{name}: p50 {report['p50_ms']:.3f} p95 {report['p95_ms']:.3f} p99 {report['p99_ms']:.3f} "
              f"max {report['max_ms']:.3f} ms of {report['deadline_ms']:.0f} ms; session {report['memory_bytes'] / 2**20:.1f} MiB, "
              f"process {report['process_peak_bytes'] / 2**20:.0f} MiB")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limpid", required=True, help="the limpid program")
    parser.add_argument("--model", required=True, help="a .safetensors file")
    parser.add_argument("--peak-bench", help="limpid_gemm_bench, to state fractions of the core's peak")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="write the rows there as well")
    a = parser.parse_args()

    torch.set_num_threads(1)
    network = weights.load_network(a.model)
    factors, reports = measured(a, network)
    rows = table(a.model, complexity.macs_per_second(network.config), factors, reports, peak_flops(a.peak_bench) if a.peak_bench else None)
    if a.json:
        pathlib.Path(a.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
