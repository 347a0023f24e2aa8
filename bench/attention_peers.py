#!/usr/bin/env python3
"""Attention of limpid beside torch.nn.functional.scaled_dot_product_attention, one core each, in one run.

  bench/attention_peers.py --limpid build/ci/bench/limpid_attention_bench [--turns 7]

Both get the same queries, keys and values; results are compared before anything is timed. They take turns, and medians of
processor time are printed with ratios. PyTorch gets its best form of each task: is_causal for causal, a boolean mask for
windows, and for streams one call a frame on a cache that it need not move. Kinds that PyTorch does not have are compared with
training/limpid_train/attention.py, which makes maps.
"""
import argparse
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "training"))
import numpy as np
import torch
from limpid_train import attention
from torch.nn.functional import scaled_dot_product_attention as sdpa


class Limpid:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def run(self, kind, shape, chunk, calls, file):
        heads, kv_heads, width, frames, window = shape
        self.process.stdin.write(f"{kind} {heads} {kv_heads} {width} {frames} {window - 1} {chunk} {calls} {file}\n")
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("limpid_attention_bench gave up")
        return float(line)


def heads_of(rows, heads):
    """[frame][head * width] to PyTorch's [1][head][frame][width]."""
    return torch.from_numpy(rows).reshape(rows.shape[0], heads, -1).transpose(0, 1)[None].contiguous()


def window_mask(frames, window):
    distance = torch.arange(frames)[:, None] - torch.arange(frames)
    return (distance >= 0) & (distance < (window if window > 0 else frames))


def torch_task(kind, q, k, v, window, chunk, group):
    """A function of nothing that does the task and returns [1][head][frame][width]."""
    frames = q.shape[2]
    if kind == "softmax" and chunk == 1:
        def stream():
            rows = []
            for t in range(frames):
                first = max(0, t - window + 1)
                rows.append(sdpa(q[:, :, t:t + 1], k[:, :, first:t + 1], v[:, :, first:t + 1], enable_gqa=group > 1))
            return torch.cat(rows, 2)
        return stream
    if kind == "softmax" and window <= 0:
        return lambda: sdpa(q, k, v, is_causal=True, enable_gqa=group > 1)
    mask = window_mask(frames, window)
    if kind == "softmax":
        return lambda: sdpa(q, k, v, attn_mask=mask, enable_gqa=group > 1)
    sink = {"sink_logit": torch.zeros(1), "key_bias": torch.full((q.shape[-1],), 0.1)}.get(kind)
    slope = attention.decay_slopes(q.shape[1])[:, None, None]
    return lambda: attention.attention_map(q, k, kind, mask, sink=sink, window=math.exp(4), slope=slope) @ v


def timed(task):
    start = time.process_time()
    task()
    return time.process_time() - start


def compare(limpid, folder, kind, shape, chunk, turns, peers=True):
    """Median processor seconds of limpid and, with `peers`, PyTorch; checks the result either way."""
    heads, kv_heads, width, frames, window = shape
    random = np.random.default_rng(1)
    q, k, v = (random.standard_normal((frames, n * width), dtype=np.float32) for n in (heads, kv_heads, kv_heads))
    file = str(folder / "data")
    np.concatenate([part.ravel() for part in (q, k, v)]).tofile(file)
    peer = torch_task(kind, heads_of(q, heads), heads_of(k, kv_heads), heads_of(v, kv_heads), window, chunk, heads // kv_heads)
    calls = max(1, int(0.05 / limpid.run(kind, shape, chunk, 1, file)))
    mine = heads_of(np.fromfile(file + ".y", np.float32).reshape(frames, -1), heads)
    wanted = peer()
    error = ((wanted - mine).abs().max() / wanted.abs().max().clamp(min=1)).item()
    if not error < 3e-5:
        raise SystemExit(f"{kind} {shape}: limpid and PyTorch differ by {error}")
    ours, theirs = [], []
    for _ in range(turns):
        ours.append(limpid.run(kind, shape, chunk, calls, file))
        if peers:
            theirs.append(timed(peer))
    return statistics.median(ours), statistics.median(theirs) if peers else None


TASKS = [  # (heads, kv_heads, width, frames, window or 0), chunk
    ("softmax", (4, 4, 32, 500, 0), 0), ("softmax", (4, 4, 32, 2000, 0), 0), ("softmax", (8, 8, 64, 2000, 0), 0),
    ("softmax", (8, 2, 64, 2000, 0), 0), ("softmax", (4, 4, 32, 4000, 250), 0), ("softmax", (8, 8, 64, 4000, 250), 0),
    ("softmax", (4, 4, 32, 1000, 250), 1), ("softmax", (8, 8, 64, 1000, 250), 1),
    ("sigmoid", (4, 4, 32, 2000, 0), 0), ("softmax1", (4, 4, 32, 2000, 0), 0),
    ("sigmoid", (4, 4, 32, 4000, 250), 0)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limpid", required=True)
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    limpid = Limpid(options.limpid)
    print(f"PyTorch {torch.__version__}, one thread; processor time, medians of {options.turns} turns\n")
    print("| kind | heads / key heads | width | frames | window | form | limpid | PyTorch | ratio |\n|---|---|---|---|---|---|---|---|---|")
    with torch.inference_mode(), tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for kind, shape, chunk in TASKS:
            ours, theirs = compare(limpid, folder, kind, shape, chunk, options.turns)
            heads, kv_heads, width, frames, window = shape
            form, parts = ("whole", 1) if chunk == 0 else ("stream, per frame", frames)
            print(f"| {kind} | {heads} / {kv_heads} | {width} | {frames} | {window or 'causal'} | {form} "
                  f"| {1e6 * ours / parts:.4g} µs | {1e6 * theirs / parts:.4g} µs | {theirs / ours:.1f} × |", flush=True)
        print("\n4 heads of 32, 4000 frames, window 250 (linear_decay: without), limpid alone\n")
        print("| kind | whole | against softmax | stream, a frame |\n|---|---|---|---|")
        base = None
        for kind in attention.KINDS:
            shape = (4, 4, 32, 4000, 0 if kind == "linear_decay" else 250)
            whole, _ = compare(limpid, folder, kind, shape, 0, options.turns, peers=False)
            stream, _ = compare(limpid, folder, kind, shape, 1, options.turns, peers=False)
            base = base or whole
            print(f"| {kind} | {1e3 * whole:.3g} ms | {whole / base:.2f} | {1e6 * stream / shape[3]:.3g} µs |", flush=True)


if __name__ == "__main__":
    main()
