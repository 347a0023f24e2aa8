"""Checkpoints that survive a kill at any instant."""
import os
from pathlib import Path

import torch


def save(run, state):
    """Writes beside the old file, then renames over it, so that one whole checkpoint always exists."""
    path = Path(run) / "checkpoint.pt"
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load_latest(run):
    """The state of a run's checkpoint, or None. In memory of the host: an optimiser's step counters have to stay there,
    and modules take what is theirs to their device."""
    path = Path(run) / "checkpoint.pt"
    return torch.load(path, map_location="cpu") if path.exists() else None
