"""Trains, a few seconds each, and writes the small transformers of tests/analysis/sink_toy_test.cpp."""
import argparse
from pathlib import Path

import torch

from limpid_train import weights
from limpid_train.attention import visible
from limpid_train.sinks.ensemble import losses, train
from limpid_train.sinks.measure import fresh
from limpid_train.sinks.train import LENGTH, make

KINDS = ("softmax", "sigmoid", "sink_logit")
SEED, STEPS, BATCH, SEQUENCES, WINDOW, KEPT = 1, 600, 16, 40, 8, (0, 1, 4)


def write(path, kind):
    """A trained network, sequences that it never saw, and what PyTorch makes of them."""
    model, languages = make(kind, [SEED])
    train(model, languages, STEPS, BATCH, LENGTH)
    tokens = fresh(languages, SEQUENCES, LENGTH)
    with torch.no_grad():
        found = [losses(model(tokens)[0], tokens)]
        found += [losses(model(tokens, seen=visible(LENGTH, window=WINDOW, sinks=first))[0], tokens) for first in KEPT]
    tensors = {name: value[0] for name, value in model.weights.items()}
    tensors["tokens"] = tokens[0]
    tensors["losses"] = torch.stack([loss[0, :, WINDOW:].mean() for loss in found])  # all, then as many kept as KEPT says
    weights.write(path, weights.tensors_of(tensors), {}, {
        "name": path.stem, "summary": f"one layer of {kind} attention on Bigram-Backcopy, seed {SEED}",
        "licence": "MIT"})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1] / "tests" / "data")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for kind in KINDS:
        write(arguments.output / f"sink_toy_{kind}.safetensors", kind)


if __name__ == "__main__":
    main()
