"""Converts an official FRCRN or DeFTAN-II checkpoint into a model file of this library."""
import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from . import complexity, official_deftan2, pickles, weights
from .config import load_config
from .official import CheckpointError, convert, state_of


def read_checkpoint(path):
    if Path(path).suffix == ".safetensors":
        return weights.read(path)[0]
    return pickles.load(path)


def read_gains(path, gates, channels):
    """[gates, 2, channels], from .safetensors (tensor "gains") or .json (name -> [re, im], in network order)."""
    try:
        if Path(path).suffix == ".safetensors":
            gains = weights.read(path)[0]["gains"]
        else:
            gains = np.array(list(json.loads(Path(path).read_text(encoding="utf-8"))["gains"].values()), float)
    except weights.FileError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path}: no gains of squeeze-excitation: {error}") from error
    if gains.shape != (gates, 2, channels) or not np.all(np.isfinite(gains)):
        raise CheckpointError(f"{path}: finite gains of shape {(gates, 2, channels)} are expected, not {gains.shape}")
    return gains.astype(np.float32)


def freeze(tensors, config, gains_file):
    """Replaces the squeeze-excitation layers by constants, which makes the offline network a streaming one."""
    gates = config["unets"] * (2 * len(config["channels"]) - 3)
    kept = {name: value for name, value in tensors.items() if ".se_layer" not in name}
    kept["frozen_gains"] = read_gains(gains_file, gates, config["channels"][0])
    return kept


ABOUT = {
    "frcrn": {"name": "frcrn-published", "data": "not disclosed by its authors",
              "summary": "The FRCRN release for 16 kHz, converted; offline unless its gates are frozen or run along",
              "licence": "as stated by the checkpoint's publisher (Apache-2.0)"},
    "deftan2": {"name": "deftan2-published", "data": "as stated by the checkpoint's publisher",
                "summary": "DeFTAN-II as published, converted; several microphones in, the first one enhanced; offline",
                "licence": "as stated by the checkpoint's publisher"}}


def card(path, config, tensors):
    return {**ABOUT[config["architecture"]],
            "source_sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest(),
            "macs_per_second": complexity.macs_per_second(config), "parameters": complexity.parameters(tensors)}


def expected(arguments, architecture):
    """The network of --config, or the published one."""
    config = load_config(arguments.config or f"{architecture}-published")["network"]
    if config["architecture"] != architecture:
        raise CheckpointError(f"its tensors are those of {architecture}, and --config {arguments.config} is a {config['architecture']}")
    return config


def convert_frcrn(state, arguments):
    config = expected(arguments, "frcrn")
    tensors = convert(state, config)
    config = {**config, "pooling": "frozen" if arguments.freeze_gains else arguments.pooling}
    if config["pooling"] == "running":
        config["pooling_horizon"] = 100
    if arguments.freeze_gains:
        tensors = freeze(tensors, config, arguments.freeze_gains)
    return tensors, config


def convert_deftan2(state, arguments):
    if arguments.freeze_gains or arguments.pooling != "global":
        raise CheckpointError("--pooling and --freeze-gains are for FRCRN; DeFTAN-II as published cannot stream")
    published = expected(arguments, "deftan2")
    config = official_deftan2.configuration(state, published)
    return official_deftan2.convert(state, config), config


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", help=".pt, .bin or .safetensors with the official tensor names")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--config", help="network to expect (default: the published one)")
    pooling = parser.add_mutually_exclusive_group()
    pooling.add_argument("--pooling", choices=("global", "running"), default="global",
                         help="FRCRN; running: means over the past, so that the network can stream")
    pooling.add_argument("--freeze-gains", metavar="FILE", help="FRCRN: constants in place of squeeze-excitation")
    arguments = parser.parse_args()
    try:
        state = state_of(read_checkpoint(arguments.checkpoint))
        make = convert_deftan2 if official_deftan2.is_deftan2(state) else convert_frcrn
        tensors, config = make(state, arguments)
        weights.write(arguments.output, tensors, config, card(arguments.checkpoint, config, tensors))
    except weights.FileError as error:  # which names its file
        sys.exit(str(error))
    except (CheckpointError, pickles.PickleError, OSError) as error:
        sys.exit(f"{arguments.checkpoint}: {error}")


if __name__ == "__main__":
    main()
