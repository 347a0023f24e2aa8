"""Writes a trained recogniser as a model file, with a card that says where it comes from:
python -m limpid_train.avsr.export --run runs/avsr/sink_logit-1.pt [--scores scores.json] -o ../assets/avsr/digits.safetensors"""
import argparse
import datetime
import json
from pathlib import Path

import torch

from .. import weights
from .model import Avsr

DATA = ["speech: Free Spoken Digit Dataset (Jakobovski et al.), CC BY-SA 4.0",
        "noise: as limpid's enhancement models, see their cards",
        "lips: synthesised from the clean speech's band envelopes, no camera"]


def load(path):
    """The network of a model file, in evaluation mode."""
    tensors, metadata = weights.read(path)
    network = Avsr(json.loads(metadata["config"]))
    network.load_state_dict({name: torch.tensor(value) for name, value in tensors.items()})
    return network.eval()


def summary(result, rate):
    """Word error rates at one rate, means over the SNRs."""
    means = {}
    for part in ("test", "unheard"):
        for mode in ("audio", "video", "both"):
            rows = [row["wer"] for row in result["wer"] if (row["part"], row["mode"], row["rate"]) == (part, mode, rate)]
            means[f"wer_{part}_{mode}"] = round(sum(rows) / len(rows), 1)
    return means


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="what limpid_train.avsr.train wrote")
    parser.add_argument("--scores", type=Path, help="what limpid_train.avsr.score wrote")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    record = torch.load(arguments.run, map_location="cpu")
    scores = json.loads(arguments.scores.read_text()) if arguments.scores else {}
    card = {"name": arguments.output.stem, "summary": "spoken English digits from audio, lip features, or both", "data": DATA,
            "licence": "MIT", "recipe": f"training/limpid_train/avsr of limpid, run {record['name']}", "seed": record["seed"],
            "steps": record["steps"], "scores": summary(scores[arguments.run.stem], record["config"]["rate"]) if scores else {},
            "trained": datetime.date.today().isoformat()}
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    weights.write(arguments.output, weights.tensors_of(record["state"]), record["config"], card)


if __name__ == "__main__":
    main()
