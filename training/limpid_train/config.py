"""Reads a configuration: "network" is the contract with the library's loader, "training" belongs to this recipe."""
import json
from pathlib import Path

from .spectrum import transform_size

CONFIGS = Path(__file__).parents[1] / "configs"


def load_config(path):
    """A JSON file, given by path or by the name of one in configs/."""
    path = Path(path)
    if not path.is_file():
        path = CONFIGS / f"{path}.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    check_shapes(config["network"])
    return config


def frequency_sizes(network):
    """Bins at the input of each encoder and after the last one."""
    sizes = [round(network["window"] * network["sample_rate"]) // 2 + 1]
    for kernel in network["kernels"]:
        sizes.append((sizes[-1] - kernel) // 2 + 1)
    return sizes


def check_shapes(network):
    """What cannot be built: decoders that do not arrive at the sizes the encoders went through, lists of other lengths, odd
    widths."""
    if network["architecture"] == "deftan2":
        if network["hidden"] % 2:
            raise ValueError("hidden must be even: both paths have half of it")
        return
    if network["architecture"] == "longconv":
        bins = transform_size(network) // 2 + 1
        if sum(network["bands"]) != bins:
            raise ValueError(f"bands have {sum(network['bands'])} bins together where the spectrum has {bins}")
        return
    if not len(network["channels"]) == len(network["kernels"]) == len(network["decoder_kernels"]):
        raise ValueError("channels, kernels and decoder_kernels differ in length")
    sizes = frequency_sizes(network)
    size = sizes[-1]
    for kernel, expected in zip(network["decoder_kernels"], sizes[-2::-1]):
        size = (size - 1) * 2 + kernel
        if size != expected:
            raise ValueError(f"decoder_kernels give {size} bins where the encoder had {expected}")
