"""Turns the state dictionary of the official FRCRN release into the tensors of a model file."""
import re

import numpy as np

from .network import Frcrn

_TWO_NAMES = {"encoders": "encoder", "decoders": "decoder", "se_layers_enc": "se_layer_enc",
              "se_layers_dec": "se_layer_dec", "fsmn_enc": "fsmn_enc", "fsmn_dec": "fsmn_dec"}
_LISTED = re.compile(r"\.(%s)\.(\d+)\." % "|".join(_TWO_NAMES))


class CheckpointError(ValueError):
    """Says which key of a checkpoint is wrong, and how."""


def state_of(checkpoint):
    """The dictionary of tensors inside whatever training loop wrote the checkpoint."""
    for wrapper in ("model", "state_dict"):
        if isinstance(checkpoint, dict) and isinstance(checkpoint.get(wrapper), dict):
            checkpoint = checkpoint[wrapper]
    if not isinstance(checkpoint, dict):
        raise CheckpointError(f"a dictionary of tensors is expected, not {type(checkpoint).__name__}")
    return {re.sub(r"^module\.", "", key): _array(key, value) for key, value in checkpoint.items()}


def _array(key, value):
    if not (hasattr(value, "numpy") or isinstance(value, np.ndarray)):
        raise CheckpointError(f"{key}: not a tensor")
    array = value if isinstance(value, np.ndarray) else value.detach().cpu().double().numpy()
    if not np.all(np.isfinite(array)):
        raise CheckpointError(f"{key}: not finite")
    return array


def merge_aliases(state):
    """Every part of the release is registered under two names; both have to hold the same values."""
    merged = {}
    for key, value in state.items():
        name = _LISTED.sub(lambda match: f".{_TWO_NAMES[match.group(1)]}{match.group(2)}.", key)
        if name in merged and (merged[name].shape != value.shape or not np.array_equal(merged[name], value)):
            raise CheckpointError(f"{key}: differs from {name}, which names the same tensor")
        merged[name] = value
    return merged


def convert(state, network):
    """Float32 tensors in the order of the network, after checking that nothing is missing, unknown or misshapen."""
    merged = merge_aliases(state)
    _check_transform(merged, network)
    wanted = {name: tuple(value.shape) for name, value in Frcrn(network).state_dict().items()}
    tensors = {}
    for name, shape in wanted.items():
        if name not in merged:
            raise CheckpointError(f"{name}: missing")
        if merged[name].shape != shape:
            raise CheckpointError(f"{name}: shape {merged[name].shape}, expected {shape}")
        tensors[name] = merged[name].astype(np.float32)
    depth = len(network["channels"])
    unused = re.compile(rf"unet2?\.(fsmn_enc0|fsmn_dec{depth - 1}|se_layer_dec{depth - 2}|se_layer_enc{depth - 1})\.")
    for name in merged:
        if name not in wanted and not unused.match(name) and not name.endswith(".num_batches_tracked"):
            raise CheckpointError(f"{name}: unexpected")
    return tensors


def _check_transform(merged, network):
    """Drops the Fourier kernels that the release stores, once they are known to be the usual ones."""
    for name, expected in _transform(network).items():
        if name not in merged:
            raise CheckpointError(f"{name}: missing")
        found = merged.pop(name)
        if found.shape != expected.shape:
            raise CheckpointError(f"{name}: shape {found.shape}, expected {expected.shape}")
        if np.max(np.abs(found - expected)) > 1e-4:
            raise CheckpointError(f"{name}: not the transform this network was published with")


def _transform(network):
    length = round(network["window"] * network["sample_rate"])
    bins = length // 2 + 1
    turns = 2 * np.pi * np.outer(np.arange(bins), np.arange(length)) / length
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length))
    forward = np.concatenate([np.cos(turns), -np.sin(turns)])
    scale = np.full(bins, 2 / length)
    scale[[0, -1]] = 1 / length
    inverse = np.concatenate([np.cos(turns) * scale[:, None], -np.sin(turns) * scale[:, None]])
    return {"stft.weight": (forward * window)[:, None], "istft.weight": (inverse * window)[:, None],
            "istft.window": window[None, :, None], "istft.enframe": np.eye(length)[:, None]}
