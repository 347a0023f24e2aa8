"""Reads and writes a model file: one .safetensors with the tensors, the configuration and the card. Large matrices whose weights
are all bfloat16 numbers are written as such, the others as float32."""
import json
import os
import struct

import numpy as np
import torch

from .atomic import written_beside
from .deftan2 import Deftan2
from .longconv import LongConv
from .network import Frcrn

NETWORKS = {"frcrn": Frcrn, "deftan2": Deftan2, "longconv": LongConv}
DTYPES = {"F32": "<f4", "F64": "<f8", "F16": "<f2", "I64": "<i8"}
LARGE = 1 << 15  # weights from which the library reads bfloat16 faster (lib/kernels/gemm.h)


class FileError(ValueError):
    """Says which file is no .safetensors, and why."""


def bfloat16(values):
    """float32 array of the bfloat16 numbers that are nearest, ties to even."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def upper_halves(values):
    """The bits of a large matrix of bfloat16 numbers; None for any other tensor."""
    bits = np.ascontiguousarray(values, "<f4").view("<u4")
    if values.ndim != 2 or values.size < LARGE or np.any(bits & 0xFFFF):
        return None
    return (bits >> 16).astype("<u2")


def write(path, tensors, config, card):
    """Tensors follow each other without gaps, float32 ones first; the header's length is a multiple of eight bytes. A file that
    was there is replaced when all is written."""
    header = {"__metadata__": {"format": "limpid", "config": json.dumps(config), "card": json.dumps(card)}}
    parts = []  # name, type, shape, bytes
    for name, value in tensors.items():
        if not np.all(np.isfinite(value)):
            raise ValueError(f"{name}: not finite")
        half = upper_halves(value)
        kept = np.ascontiguousarray(value, "<f4") if half is None else half
        parts.append((name, "F32" if half is None else "BF16", value.shape, kept.tobytes()))
    parts.sort(key=lambda part: part[1], reverse=True)  # F32 first, so that it stays aligned
    position = 0
    for name, dtype, shape, data in parts:
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [position, position + len(data)]}
        position += len(data)
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    with written_beside(path) as part, open(part, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for *_, data in parts:
            file.write(data)


def values_of(data, entry):
    """A tensor of the file as an array."""
    data = data[slice(*entry["data_offsets"])]
    if entry["dtype"] == "BF16":
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").reshape(entry["shape"])
    return np.frombuffer(data, DTYPES[entry["dtype"]]).reshape(entry["shape"])


def read(path):
    """Tensors as numpy arrays, and the metadata. The format is simple enough to need no package for it. FileError where a file
    is of another kind or damaged."""
    try:
        with open(path, "rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            if length > os.fstat(file.fileno()).st_size:
                raise ValueError("its header is longer than the file")
            header = json.loads(file.read(length))
            data = file.read()
        metadata = header.pop("__metadata__", {})
        return {name: values_of(data, entry) for name, entry in header.items()}, metadata
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(f"{path}: not a whole .safetensors file: {error}") from error


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
