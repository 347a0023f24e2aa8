#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A network in PyTorch on a GPU, the peer of `limpid bench --device cuda`: a model file on many recordings at
once, in float32, in TF32, in half precision (autocast) and compiled. Transforms are left out; limpid's figures include them.

  bench/network_torch.py MODEL.safetensors [--lanes N] [--seconds S] [--eager] [--json]
"""
import argparse
import itertools
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "training"))
import torch
from limpid_train import deftan2, weights
from limpid_train.network import BetweenTransforms


HALVES = {"fp16": torch.float16, "bf16": torch.bfloat16}
KINDS = ("fp32", "tf32", *HALVES)


class Planes(torch.nn.Module):
    """A network for microphone arrays without its transforms."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return deftan2.Network.forward(self.network, x)


class Masks(torch.nn.Module):
    """A network of masks for microphone arrays without its transforms."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network.masks(torch.complex(x[:, 0], x[:, 1]))[0]


def prepared(network, lanes, frames):
    """What lies between the transforms, and the shape of its input."""
    config = network.config
    bins = round(config["window"] * config["sample_rate"]) // 2 + 1
    if isinstance(network, deftan2.Network):
        return Planes(network), (lanes, 2 * config["microphones"], frames, bins)
    if config.get("microphones", 1) > 1:
        return Masks(network), (lanes, 2, config["microphones"], bins, frames)
    return BetweenTransforms(network), (lanes, 2, bins, frames)


def seconds_of(run, device, rounds):
    """Median of some calls."""
    times = []
    for _ in range(3 + rounds):
        if device == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return sorted(times[3:])[rounds // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--lanes", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10, help="of every recording")
    parser.add_argument("--rounds", type=int, default=10, help="calls that are timed, after three that are not")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--eager", action="store_true", help="without compiling, which takes minutes")
    parser.add_argument("--json", action="store_true")
    a = parser.parse_args()

    network = weights.load_network(a.model)
    module, shape = prepared(network, a.lanes, round(a.seconds / network.config["hop"]))
    module = module.eval().to(a.device)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(a.device)
    rows = {}
    with torch.inference_mode():
        for compiled, kind in itertools.product((False,) if a.eager else (False, True), KINDS):
            name = kind + " compiled" * compiled
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = kind == "tf32"
            half = HALVES.get(kind)
            try:
                run = torch.compile(module) if compiled else module
                with torch.autocast(a.device, half or torch.bfloat16, enabled=half is not None):
                    rows[name] = a.lanes * a.seconds / seconds_of(lambda: run(x), a.device, a.rounds)
            except Exception as problem:  # a compiler that fails is a row less
                print(f"no row for {name}: {problem}", file=sys.stderr)
            torch.cuda.empty_cache()
    report = {"model": a.model, "lanes": a.lanes, "seconds": a.seconds, "times_real_time": rows}
    if a.json:
        print(json.dumps(report))
    else:
        for name, times in rows.items():
            print(f"{name:16} {times:.0f} x real time")


if __name__ == "__main__":
    main()
