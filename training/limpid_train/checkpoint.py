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


def load_latest(run, device="cpu"):
    """The state of a run's checkpoint, or None."""
    path = Path(run) / "checkpoint.pt"
    return torch.load(path, map_location=device) if path.exists() else None
