"""Reads and writes a model file: one .safetensors with the tensors, the configuration and the card. Large matrices whose rows are
numbers of 8 bits times a scale each are written as such ("I8", and the scales as NAME_scale), everything else as float32."""
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
DTYPES = {"F32": "<f4", "F64": "<f8", "F16": "<f2", "I64": "<i8", "I8": "<i1"}
SCALE = "_scale"  # what the name of a tensor of scales ends with
LARGE = 1 << 11  # weights from which 8 bits are worth a second tensor


class FileError(ValueError):
    """Says which file is no .safetensors, and why."""


def is_large(values):
    return values.ndim >= 2 and values.size >= LARGE


def rows_and_scales(values):
    """float32 [rows, all of a row], and what 127 stands for in each, by 127: [rows, 1]."""
    rows = np.ascontiguousarray(values, "<f4").reshape(len(values), -1)
    return rows, np.abs(rows).max(1, keepdims=True) / np.float32(127)


def whole_numbers(rows, scales):
    return np.rint(np.divide(rows, scales, out=np.zeros_like(rows), where=scales > 0))


def eight_bits(values):
    """float32 array [rows, ...] of whole numbers of -127 ... 127 times a scale for each row, the nearest to `values`. Scales have 16
    significant bits, so that the products are exact and bytes_and_scales() finds them again."""
    rows, scales = rows_and_scales(values)
    scales = ((scales.view("<u4") + 0xFF) & 0xFFFFFF00).view("<f4")                   # no smaller
    return (whole_numbers(rows, scales) * scales).reshape(values.shape)


def bytes_and_scales(values):
    """The numbers (int8 [rows, ...]) and scales (float32 [rows]) of a large matrix that has them; None for any other tensor."""
    if not is_large(values):
        return None
    rows, scales = rows_and_scales(values)
    whole = whole_numbers(rows, scales)
    if np.any(whole * scales != rows):
        return None
    return whole.astype("<i1").reshape(values.shape), scales[:, 0]


def write(path, tensors, config, card):
    """Tensors follow each other without gaps, float32 ones first; the header's length is a multiple of eight bytes. A file that
    was there is replaced when all is written."""
    header = {"__metadata__": {"format": "limpid", "config": json.dumps(config), "card": json.dumps(card)}}
    parts = []  # name, type, array
    for name, value in tensors.items():
        if not np.all(np.isfinite(value)):
            raise ValueError(f"{name}: not finite")
        kept = bytes_and_scales(value)
        if kept is None:
            parts.append((name, "F32", np.ascontiguousarray(value, "<f4")))
        else:
            parts += [(name, "I8", kept[0]), (name + SCALE, "F32", kept[1])]
    parts.sort(key=lambda part: part[1] != "F32")  # F32 first, so that it stays aligned
    position = 0
    for name, dtype, value in parts:
        header[name] = {"dtype": dtype, "shape": list(value.shape), "data_offsets": [position, position + value.nbytes]}
        position += value.nbytes
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    with written_beside(path) as part, open(part, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for *_, value in parts:
            file.write(value.tobytes())


def values_of(data, entry):
    """A tensor of the file as an array."""
    data = data[slice(*entry["data_offsets"])]
    if entry["dtype"] == "BF16":
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").reshape(entry["shape"])
    return np.frombuffer(data, DTYPES[entry["dtype"]]).reshape(entry["shape"])


def scaled(tensors):
    """Tensors of 8 bits times their scales, in place of both."""
    for name in [name for name, value in tensors.items() if value.dtype == np.int8]:
        scales = tensors.pop(name + SCALE)
        tensors[name] = tensors[name] * scales.reshape(-1, *[1] * (tensors[name].ndim - 1))
    return tensors


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
        return scaled({name: values_of(data, entry) for name, entry in header.items()}), metadata
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(f"{path}: not a whole .safetensors file: {error}") from error


def precision(architecture):
    """For a card: how exact the weights of a model file are."""
    eight = hasattr(NETWORKS[architecture], "full_precision")
    return "large matrices in 8 bits, a scale for each row; the rest in float32" if eight else "float32"


def rounded(network, tensors):
    """What a model file keeps of a network's tensors: large ones in 8 bits, but for those with a name that the network's
    `full_precision` is part of; all as they are where it has no such list."""
    exact = getattr(network, "full_precision", ("",))                                  # "" is part of every name
    return {name: eight_bits(value) if is_large(value) and not any(part in name for part in exact) else value
            for name, value in tensors.items()}


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
