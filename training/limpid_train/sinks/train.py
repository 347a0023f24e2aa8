"""Trains the small transformers of docs/attention.md, all seeds of a run side by side, one thread:
python -m limpid_train.sinks.train --output runs/sinks [--only NAME ...] [--steps 800] [--seeds 5]

Writes NAME.pt: what was asked, and weights after each quarter of the steps. A run that is there is not run again."""
import argparse
import math
import time
from pathlib import Path

import torch

from ..decorrelation import decorrelation_loss
from .ensemble import GATED, Ensemble, train
from .language import Language

LENGTH = 64  # tokens of a sequence, n of a sigmoid's bias, and the T of the sink metric

# name: (settings of Ensemble, factor of the decorrelation loss or None for the one-layer language)
RUNS = {
    "softmax": ({"kind": "softmax"}, None),
    "sigmoid": ({"kind": "sigmoid"}, None),
    "sink_logit": ({"kind": "sink_logit", "sink_start": math.log(LENGTH)}, None),
    "decorrelation-0": ({"kind": "softmax", "layers": 2, "hidden": 64}, 0.0),
    "decorrelation-1": ({"kind": "softmax", "layers": 2, "hidden": 64}, 1.0),
    "gated": ({"kind": GATED}, None),
    "softmax1": ({"kind": "softmax1"}, None),
    "sink_logit-0": ({"kind": "sink_logit", "sink_start": 0.0}, None),
    "key_bias": ({"kind": "key_bias"}, None),
    "lssar": ({"kind": "lssar"}, None),
    "elu1": ({"kind": "elu1"}, None),
    "lssa": ({"kind": "lssa"}, None),
    "linear": ({"kind": "linear_decay", "heads": 4}, None),
}


def make(name, seeds):
    """The untrained models and the languages of a run."""
    settings, factor = RUNS[name]
    return Ensemble(seeds, window=LENGTH, **settings), [Language(seed, delimiter=factor is not None) for seed in seeds]


def decorrelate(factor):
    """What is added to the loss of each run."""
    if not factor:
        return None
    return lambda hidden: factor * torch.stack([decorrelation_loss(states) for states in zip(*hidden)])


def run(name, path, seeds, steps, batch):
    model, languages = make(name, seeds)
    begin, kept = time.process_time(), {math.ceil(steps * part / 4) for part in (1, 2, 3, 4)}
    record = {"name": name, "seeds": seeds, "batch": batch, "steps": steps, "kept": {}}

    def each(step, loss):
        if step in kept:
            record["kept"][step] = {key: value.clone() for key, value in model.state_dict().items()}
            record["seconds"] = time.process_time() - begin
            torch.save(record, path.with_suffix(".partial"))
            print(f"{name} {step}: {record['seconds']:.0f} s, loss {loss.mean():.3f}", flush=True)

    train(model, languages, steps, batch, LENGTH, extra=decorrelate(RUNS[name][1]), each=each)
    path.with_suffix(".partial").rename(path)


def load(path):
    """What `run` wrote: {step: model}, the languages, and the record."""
    record = torch.load(path, map_location="cpu")
    models = {}
    for step, state in record["kept"].items():
        model, languages = make(record["name"], record["seeds"])
        model.load_state_dict(state)
        models[step] = model.eval()
    return models, languages, record


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=list(RUNS), default=list(RUNS))
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=16)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name in arguments.only:
        path = arguments.output / f"{name}.pt"
        if not path.exists():
            run(name, path, list(range(1, arguments.seeds + 1)), arguments.steps, arguments.batch)


if __name__ == "__main__":
    main()
