"""A LongConv whose frames are made from a longer analysis window, to begin its training from one with a shorter window:
python -m limpid_train.longer_window light.safetensors --seconds 0.04 --corpus CORPUS -o start.safetensors

A window twice as long has two bins where there was one. The first layers hear, of every band, what the old bins were as far
as a linear map of the new ones tells (least squares over training mixtures); both new bins get the masks of the old one."""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

from . import weights
from .corpus import Corpus
from .longconv import LongConv
from .mixing import Mixer
from .spectrum import transform_size
from .train import room_bank

MIXTURES, SECONDS, SEED = 96, 4.0, 5
SETTLED = 20    # frames after which the running means mean something
RIDGE = 1e-3    # of the mean square of an input


def finer(config, seconds):
    """The configuration with an analysis window of so many seconds, and how many of its bins there are for an old one."""
    finer_config = {**config, "analysis_window": seconds}
    times = transform_size(finer_config) // transform_size(config)
    if config["architecture"] != "longconv" or config.get("microphones", 1) > 1:
        raise ValueError("only a LongConv of one microphone can get a longer window")
    if times < 2 or times * transform_size(config) != transform_size(finer_config):
        raise ValueError(f"the new analysis window must be 2, 3, ... times the old one, not {seconds} s")
    bands = [times * width for width in config["bands"]]
    bands[-1] -= times - 1                                                     # the last bin stays one
    return {**finer_config, "bands": bands}, times


def heard(network, waveforms):
    """Features of all bins of all frames, [rows, F, 4]."""
    with torch.no_grad():
        spectrum = network.stft(waveforms)
        return network.features(torch.stack([spectrum.real, spectrum.imag], 1))[SETTLED:].flatten(0, 1).double()


def linear_map(inputs, outputs):
    """[inputs + 1, outputs], the last row for a constant input: the least-squares map of rows."""
    inputs = torch.cat([inputs, torch.ones(len(inputs), 1, dtype=inputs.dtype)], 1)
    squares = inputs.T @ inputs
    squares += RIDGE * squares.diagonal().mean() * torch.eye(len(squares), dtype=squares.dtype)
    return torch.linalg.solve(squares, inputs.T @ outputs)


def with_longer_window(tensors, config, seconds, waveforms):
    """Tensors and configuration of the network to begin with; waveforms [N, samples] are what it should hear alike."""
    longer, times = finer(config, seconds)
    before, tensors = weights.build(config, tensors), dict(tensors)
    new_bins = heard(LongConv(longer), waveforms).split(longer["bands"], 1)
    old_bins = heard(before, waveforms).split(config["bands"], 1)
    for i, (new, old) in enumerate(zip(new_bins, old_bins)):
        told = linear_map(new.flatten(1), old.flatten(1)).numpy()
        split = tensors[f"split.{i}.weight"]
        tensors[f"split.{i}.bias"] = (tensors[f"split.{i}.bias"] + split @ told[-1]).astype(np.float32)
        tensors[f"split.{i}.weight"] = (split @ told[:-1].T).astype(np.float32)
        planes, width = 2 * config["taps"], config["bands"][i]
        for what in ("weight", "bias"):
            masks = tensors[f"masks_of.{i}.{what}"]
            masks = masks.reshape(planes, width, *masks.shape[1:])[:, np.arange(new.shape[1]) // times]
            tensors[f"masks_of.{i}.{what}"] = masks.reshape(-1, *masks.shape[2:])
    return tensors, longer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--seconds", type=float, required=True, help="of the new analysis window")
    parser.add_argument("--corpus", required=True, nargs="+", help="folders with manifest.csv")
    parser.add_argument("--cache", type=Path, default=Path(__file__).parents[1] / "data", help="where decoded audio is kept")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    tensors, metadata = weights.read(args.model)
    mixer = Mixer(Corpus(args.corpus, args.cache, "train", args.processes), room_bank(args.cache / "rooms", args.processes), SECONDS)
    noisy, _ = mixer.batch(np.random.default_rng(SEED), MIXTURES)
    tensors, config = with_longer_window(tensors, json.loads(metadata["config"]), args.seconds, torch.as_tensor(noisy))
    weights.write(args.output, tensors, config,
                  {**json.loads(metadata["card"]), "summary": f"analysis window of {args.seconds} s, not trained"})


if __name__ == "__main__":
    main()
