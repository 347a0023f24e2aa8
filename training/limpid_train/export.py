"""Writes the averaged weights of a run as a model file, with a card that says where they come from."""
import argparse
import datetime
import hashlib
import json
from pathlib import Path

import numpy as np

from . import complexity, sources, weights
from .checkpoint import load_latest

def card(run, config, tensors, state, scores, earlier, data):
    """Everything a user should know before trusting the file, as one flat dictionary."""
    network, training = config["network"], config["training"]
    text = (Path(run) / "config.json").read_bytes()
    used = sources.used(data, arrays="microphones" in network)
    return {
        "name": config["name"], "summary": config["summary"],
        "data": [f"{kind}: {name}" for kind, items in used.items() for name in items],
        "licences": sorted({licence for items in used.values() for licence in items.values()}),
        "licence_note": data.get("licence_note", "Weights learned from audio under the licences above; no audio is contained. "
                                                 "Whether such terms reach trained weights is not settled."),
        "recipe": f"training/ of limpid, configs/{config['name']}.json",
        **({"history": config["history"]} if "history" in config else {}),
        "seed": training["seed"], "steps": state["step"],
        "hours_seen": round(state["hours"], 2), **({"earlier": earlier} if earlier else {}),
        "macs_per_second": complexity.macs_per_second(network), "parameters": complexity.parameters(tensors),
        "precision": weights.precision(network["architecture"]), "scores": scores, "licence": data.get("licence", "not stated"),
        "trained": datetime.date.today().isoformat(), "config_sha256": hashlib.sha256(text).hexdigest()}


def trained(run):
    """The state of a run's last checkpoint."""
    state = load_latest(run)
    if state is None:
        raise ValueError(f"{run}: no checkpoint yet; the first one is written after two minutes, or at the end of a run")
    return state


def history(runs):
    """What the runs were that a run began from."""
    parts = []
    for run in runs:
        state, name = trained(run), json.loads((Path(run) / "config.json").read_text())["name"]
        parts.append(f"{name}: {state['step']} steps, {state['hours']:.2f} hours")
    return "; ".join(parts)


def mean_with(tensors, files):
    """Mean of these tensors and of those of model files of the same network: between weights of one training lie some that
    are better than each (Wortsman et al. 2022, "Model soups")."""
    total = {name: value.astype(np.float64) for name, value in tensors.items()}
    for file in files:
        other = weights.read(file)[0]
        if {name: value.shape for name, value in other.items()} != {name: value.shape for name, value in tensors.items()}:
            raise ValueError(f"{file}: another network")
        for name, value in other.items():
            total[name] += value
    return {name: (value / (1 + len(files))).astype(np.float32) for name, value in total.items()}


def export(run, output, scores=None, earlier=(), data=None, others=()):
    """Writes the model file of a run's last checkpoint and returns its card. `earlier`: runs that it began from. `data`:
    what it learnt from, in place of what the manifests of its corpora say (sources.py). `others`: model files to be averaged
    with it."""
    config = json.loads((Path(run) / "config.json").read_text())
    state = trained(run)
    tensors = mean_with(weights.tensors_of(state["average"]), others)
    network = weights.build(config["network"], tensors)  # refuses what the library would refuse
    tensors = weights.rounded(network, tensors)
    description = card(run, config, tensors, state, scores or {}, history(earlier), data or sources.remembered(run))
    weights.write(output, tensors, config["network"], description)
    return description


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True, help="folder of a training run")
    parser.add_argument("--scores", help="JSON written by evaluate.py, put into the card")
    sources.add_option(parser)
    parser.add_argument("--earlier", nargs="+", default=(), help="folders of the runs that this one began from, for the card")
    parser.add_argument("--mean-with", nargs="+", default=(), metavar="FILE",
                        help="model files of the same network; the mean is written")
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    scores = json.loads(Path(arguments.scores).read_text()) if arguments.scores else {}
    about = export(arguments.run, arguments.output, scores, arguments.earlier, sources.read(arguments.data), arguments.mean_with)
    print(json.dumps(about, indent=2))


if __name__ == "__main__":
    main()
