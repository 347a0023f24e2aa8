"""Opens a PyTorch checkpoint (the zip format of PyTorch 1.6 and later) without running code from it.

torch.load is not used: `weights_only` is missing or was broken in many releases, and 1.13 ignores `pickle_module`.
What is read here is a dictionary of tensors and nothing else; tensors come out as numpy arrays.
"""
import collections
import pickle
import struct
import zipfile
import zlib

import numpy as np

STORAGES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8",
            "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?"}


# What reading bytes that mean nothing may end with.
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, pickle.UnpicklingError, KeyError, TypeError, ValueError, EOFError,
          AttributeError, IndexError, OverflowError, MemoryError, RuntimeError, OSError)


class PickleError(ValueError):
    """Says what in the file is not part of a dictionary of tensors."""


def _tensor(storage, offset, shape, stride, *_):
    """A strided view into a storage, checked against its ends."""
    last = offset + sum((n - 1) * step for n, step in zip(shape, stride))
    if min(shape, default=1) == 0:
        return np.zeros(shape, storage.dtype)
    if offset < 0 or min(stride, default=0) < 0 or last >= len(storage):
        raise PickleError(f"a tensor of shape {tuple(shape)} reaches beyond its storage of {len(storage)}")
    steps = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps).copy()


def _parameter(data, *_):
    return data


SAFE = {("collections", "OrderedDict"): collections.OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _tensor, ("torch._utils", "_rebuild_parameter"): _parameter}


class _Unpickler(pickle.Unpickler):
    def __init__(self, archive, prefix):
        super().__init__(archive.open(prefix + "data.pkl"))
        self.archive, self.prefix = archive, prefix

    def find_class(self, module, name):
        if (module, name) in SAFE:
            return SAFE[module, name]
        if module in ("torch", "torch.storage") and name in STORAGES:
            return name
        raise PickleError(f"{module}.{name}: not allowed in a checkpoint")

    def persistent_load(self, reference):
        kind, storage, key, _, count = reference
        if kind != "storage" or storage not in STORAGES:
            raise PickleError(f"{reference!r}: not a storage of numbers")
        values = np.frombuffer(self.archive.read(f"{self.prefix}data/{key}"), STORAGES[storage])
        if len(values) < count:
            raise PickleError(f"storage {key} holds {len(values)} numbers, {count} are promised")
        return values


def load(path):
    """The checkpoint's object, tensors as numpy arrays."""
    with open(path, "rb") as file:
        try:
            if not zipfile.is_zipfile(file):
                raise PickleError("not a PyTorch checkpoint of version 1.6 or later; load and save it again with a newer PyTorch")
            with zipfile.ZipFile(file) as archive:
                return _unpickled(archive)
        except PickleError:
            raise
        except DAMAGE as error:
            raise PickleError(f"damaged checkpoint: {error}") from error


def _unpickled(archive):
    pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise PickleError("no data.pkl inside: a TorchScript program or another kind of zip file")
    return _Unpickler(archive, pickles[0][: -len("data.pkl")]).load()
