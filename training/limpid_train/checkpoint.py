"""Checkpoints that survive a kill at any instant: a whole one always exists."""
from pathlib import Path

import torch

from .atomic import written_beside


def save(path, state):
    """What was there before stays until all of this is written."""
    with written_beside(path) as part:
        torch.save(state, part)


def file_of(run):
    return Path(run) / "checkpoint.pt"


def load_latest(run):
    """The state of a run's checkpoint, or None. In memory of the host: an optimiser's step counters have to stay there,
    and modules take what is theirs to their device."""
    path = file_of(run)
    return torch.load(path, map_location="cpu") if path.exists() else None
