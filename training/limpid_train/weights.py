"""Reads and writes a model file: one .safetensors with float32 tensors, the configuration and the card."""
import json
import struct

import numpy as np
import torch

from .deftan2 import Deftan2
from .longconv import LongConv
from .network import Frcrn

NETWORKS = {"frcrn": Frcrn, "deftan2": Deftan2, "longconv": LongConv}
DTYPES = {"F32": "<f4", "F64": "<f8", "F16": "<f2", "I64": "<i8"}


def write(path, tensors, config, card):
    """Tensors follow each other without gaps in header order; the header's length is a multiple of eight bytes."""
    header = {"__metadata__": {"format": "limpid", "config": json.dumps(config), "card": json.dumps(card)}}
    position = 0
    for name, value in tensors.items():
        if not np.all(np.isfinite(value)):
            raise ValueError(f"{name}: not finite")
        header[name] = {"dtype": "F32", "shape": list(value.shape),
                        "data_offsets": [position, position + 4 * value.size]}
        position += 4 * value.size
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(np.ascontiguousarray(value, "<f4").tobytes())


def read(path):
    """Tensors as numpy arrays, and the metadata. The format is simple enough to need no package for it."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    return {name: np.frombuffer(data[slice(*entry["data_offsets"])], DTYPES[entry["dtype"]])
            .reshape(entry["shape"]) for name, entry in header.items()}, metadata


def tensors_of(state):
    """A network's state dictionary as float32 arrays."""
    return {name: value.detach().cpu().numpy().astype(np.float32) for name, value in state.items()}


def build(config, tensors):
    """A network in evaluation mode from a model file's configuration and tensors."""
    tensors = dict(tensors)
    frozen = tensors.pop("frozen_gains", None)
    network = NETWORKS[config["architecture"]](config)
    if config.get("pooling") == "frozen":
        for module, gain in zip(network.gates(), torch.tensor(frozen)):
            module.frozen = gain
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found = {name: value.shape for name, value in tensors.items()}
    if wanted != found:
        raise ValueError(f"tensors do not fit the configuration: {sorted(set(wanted.items()) ^ set(found.items()))[:4]}")
    network.load_state_dict({name: torch.tensor(value) for name, value in tensors.items()})
    return network.eval()


def load_network(path):
    """The network of a model file, in evaluation mode."""
    tensors, metadata = read(path)
    return build(json.loads(metadata["config"]), tensors)
