"""Regenerates the small trained transformers of tests/analysis/sink_toy_test.cpp from runs of limpid_train.sinks.train:
python make_sink_vectors.py --runs runs/sinks"""
import argparse
from pathlib import Path

import torch

from limpid_train import weights
from limpid_train.attention import visible
from limpid_train.sinks.ensemble import losses
from limpid_train.sinks.measure import fresh
from limpid_train.sinks.train import LENGTH, load

KINDS = ("softmax", "sigmoid", "sink_logit")
SEQUENCES, WINDOW, KEPT = 40, 8, (0, 1, 4)


def write(path, runs, kind):
    """The first run's last weights, sequences that it never saw, and what PyTorch makes of them."""
    models, languages, record = load(runs / f"{kind}.pt")
    model = models[max(models)]
    tokens = fresh(languages, SEQUENCES, LENGTH)
    with torch.no_grad():
        found = [losses(model(tokens)[0], tokens)]
        found += [losses(model(tokens, seen=visible(LENGTH, window=WINDOW, sinks=first))[0], tokens) for first in KEPT]
    tensors = {name: value[0] for name, value in model.weights.items()}
    tensors["tokens"] = tokens[0]
    tensors["losses"] = torch.stack([loss[0, :, WINDOW:].mean() for loss in found])  # all, then as many kept as KEPT says
    weights.write(path, weights.tensors_of(tensors), {}, {
        "name": path.stem, "summary": f"one layer of {kind} attention on Bigram-Backcopy, seed {record['seeds'][0]}",
        "licence": "MIT"})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1] / "tests" / "data")
    arguments = parser.parse_args()
    for kind in KINDS:
        write(arguments.output / f"sink_toy_{kind}.safetensors", arguments.runs, kind)


if __name__ == "__main__":
    main()
