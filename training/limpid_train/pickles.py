"""Opens a PyTorch checkpoint without running code from it."""
import collections
import inspect
import pickle

import torch

# Everything that the pickle of a plain dictionary of tensors may name.
SAFE = {("collections", "OrderedDict"): collections.OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
        ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter}
STORAGES = {name: getattr(torch, name) for name in
            ("FloatStorage", "DoubleStorage", "HalfStorage", "LongStorage", "IntStorage", "ShortStorage",
             "CharStorage", "ByteStorage", "BoolStorage", "BFloat16Storage")}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) in SAFE:
            return SAFE[module, name]
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise pickle.UnpicklingError(f"{module}.{name}: not allowed in a checkpoint")


class _RestrictedPickle:
    """The interface of the pickle module that torch.load asks for."""
    Unpickler = _Unpickler
    UnpicklingError = pickle.UnpicklingError

    @staticmethod
    def load(file, **options):
        return _Unpickler(file, **options).load()


def load(path):
    """The checkpoint's object. PyTorch before 2.0 either lacks `weights_only` or is known to have holes in it."""
    modern = int(torch.__version__.split(".")[0]) >= 2 and "weights_only" in inspect.signature(torch.load).parameters
    if modern:
        return torch.load(path, map_location="cpu", weights_only=True)
    return torch.load(path, map_location="cpu", pickle_module=_RestrictedPickle)
