"""Checkpoints that survive a kill at any instant."""
from pathlib import Path

import torch

from .atomic import written_beside


def save(run, state):
    """One whole checkpoint always exists."""
    with written_beside(Path(run) / "checkpoint.pt") as path:
        torch.save(state, path)


def load_latest(run):
    """The state of a run's checkpoint, or None. In memory of the host: an optimiser's step counters have to stay there,
    and modules take what is theirs to their device."""
    path = Path(run) / "checkpoint.pt"
    return torch.load(path, map_location="cpu") if path.exists() else None
