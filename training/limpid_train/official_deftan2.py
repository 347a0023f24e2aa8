"""Turns the state dictionary of an official DeFTAN-II checkpoint into a configuration and the tensors of a model file."""
import numpy as np

from .deftan2 import Deftan2
from .official import CheckpointError


def is_deftan2(state):
    return "up_conv.0.weight" in state


def configuration(state, published):
    """The published configuration with the sizes that the checkpoint has: microphones, layers, widths."""
    def shape(name, rank):
        if name not in state:
            raise CheckpointError(f"{name}: missing")
        if state[name].ndim != rank or 0 in state[name].shape:
            raise CheckpointError(f"{name}: shape {state[name].shape}, {rank} non-empty axes are expected")
        return state[name].shape

    wide, planes = shape("up_conv.0.weight", 4)[:2]
    inner, channels = shape("blocks.0.F_att.fn.to_q.weight", 2)
    groups = max(1, wide // channels)
    down = shape("down_conv.0.weight", 4)[0]
    if down != 2 * groups:
        raise CheckpointError(f"down_conv.0.weight: {down} outputs; {2 * groups} are expected, which is one source")
    return {**published, "microphones": planes // 2, "channels": channels, "heads": groups, "head_width": inner // groups,
            "hidden": shape("blocks.0.F_ffw.fn.PW3.0.weight", 2)[1],
            "unfold": shape("blocks.0.F_linear.weight", 3)[2],
            "layers": len({name.split(".")[1] for name in state if name.startswith("blocks.")})}


def convert(state, network):
    """Float32 tensors in the order of the network, after checking that nothing is missing, unknown or misshapen."""
    wanted = {name: tuple(value.shape) for name, value in Deftan2(network).state_dict().items()}
    for name, shape in wanted.items():
        if name not in state:
            raise CheckpointError(f"{name}: missing")
        if state[name].shape != shape:
            raise CheckpointError(f"{name}: shape {state[name].shape}, expected {shape}")
    for name in state:
        if name not in wanted:
            raise CheckpointError(f"{name}: unexpected")
    return {name: state[name].astype(np.float32) for name in wanted}
