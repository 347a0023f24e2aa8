"""The training state that all worker processes share, and the rules by which gradients change it."""
import copy
import json

import numpy as np
import torch

from . import weights
from .checkpoint import file_of, load_latest, save
from .growth import adopt
from .optimisers import Optimisers


def learning_rate(options, step, progress):
    """Warm-up in steps, then half a cosine over the fraction of the wall-clock budget that is spent."""
    low = options["final_lr"]
    cosine = low + (options["lr"] - low) * 0.5 * (1 + np.cos(np.pi * min(1.0, progress)))
    return float(cosine * min(1.0, (step + 1) / options["warmup"]))


def teacher_for(network, path):
    """A trained network that is not changed. It must have the transform of the one that learns from it."""
    teacher = weights.load_network(path).requires_grad_(False)
    if teacher.stft.size != network.stft.size:
        raise ValueError(f"{path}: frames of {teacher.stft.size} samples where those of {network.stft.size} are wanted")
    return teacher


class Master:
    """Weights, their moving average and the optimisers, in shared memory. Workers hold replicas: they compute gradients
    without a lock and apply them under one, so a core that is busy with something else never holds up the other."""

    def __init__(self, config, run, device, start=None):
        """`start` is a model file to begin a new run from, of this network or of one that it extends. Options may name with
        "only" the beginnings of the names of what is trained; the rest stays as it is; and with "teacher" a model file."""
        self.options, self.run, self.device = config["training"], run, device
        torch.manual_seed(self.options["seed"])
        self.network = weights.NETWORKS[config["network"]["architecture"]](config["network"]).to(device)
        self.network.start_open()
        if start:
            tensors, metadata = weights.read(start)
            adopt(self.network, tensors, json.loads(metadata["config"]))
        for name, p in self.network.named_parameters():
            p.requires_grad_(name.startswith(tuple(self.options.get("only", [""]))))
        self.average = copy.deepcopy(self.network).eval()
        self.teacher = teacher_for(self.network, self.options["teacher"]).to(device) if "teacher" in self.options else None
        self.optimisers = Optimisers(self.network, self.options)
        self.step, self.spent, self.hours = 0, 0.0, 0.0
        self._resume()
        for module in (self.network, self.average):
            module.share_memory()
        self.optimisers.share_memory()
        self.means = list(self.average.state_dict().values())

    def _resume(self):
        state = load_latest(self.run)
        if state:
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.optimisers.load_state_dict(state["optimisers"])
            self.step, self.spent, self.hours = state["step"], state["spent"], state["hours"]

    def checkpoint(self, step, spent):
        """`hours` of audio are counted here because a resumed run may have another batch size."""
        hours = self.hours + (step - self.step) * self.options["batch"] * self.options["seconds"] / 3600
        save(file_of(self.run), {"network": self.network.state_dict(), "average": self.average.state_dict(),
                                 "optimisers": self.optimisers.state_dict(), "step": step, "spent": spent, "hours": hours})

    def replica(self):
        replica = copy.deepcopy(self.network)
        for p in replica.parameters():
            p.data = p.data.clone()
        return replica.train()

    def rates(self, step, progress):
        """The learning rate, and how much of the moving average is kept."""
        return learning_rate(self.options, step, progress), min(self.options["ema"], (step + 1) / (step + 20))

    def apply(self, replica, buffers_before, step, progress):
        """One optimiser step with a replica's gradients; the replica then becomes equal to the master again. The network itself
        may stand for the replica of the only worker. Where the gradients are not finite, they and what the batch did to the
        replica's buffers, which were `buffers_before` it, count for nothing."""
        norm = torch.nn.utils.clip_grad_norm_(replica.parameters(), self.options["clip"])
        rate, kept = self.rates(step, progress)
        with torch.no_grad():
            sound = bool(torch.isfinite(norm))  # one bad batch must not end a run
            if sound:
                self.optimisers.step(replica, rate)
            self._take_buffers(replica, buffers_before, sound)
            if replica is not self.network:
                for other, value in zip(replica.state_dict().values(), self.network.state_dict().values()):
                    other.copy_(value)
            self.follow(kept)
        return {"norm": norm, "lr": torch.tensor(rate)}

    def _take_buffers(self, replica, buffers_before, sound):
        """Running statistics go on by as much as the replica's did, or are again what they were before a bad batch."""
        for mine, before, other in zip(self.network.buffers(), buffers_before, replica.buffers()):
            if mine is not other and sound:
                mine += other - before
            elif mine is other and not sound:
                mine.copy_(before)

    def follow(self, kept):
        """The moving average goes on by a step. `kept` may be a tensor, as a learning rate may."""
        changes = torch._foreach_sub(list(self.network.state_dict().values()), self.means)
        torch._foreach_mul_(changes, 1 - kept)
        torch._foreach_add_(self.means, changes)
