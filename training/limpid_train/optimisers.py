"""What changes the weights: one optimiser for most of them, another for the matrices inside."""
import torch

from .muon import Muon


class Optimisers:
    """AdamW, without decay on biases and normalisations; and, where a configuration has a rate for it ("muon_lr", with the
    course of "lr"), Muon for the matrices that a network names in hidden_matrices(). Their state is made at once, so that it
    can be shared."""

    def __init__(self, network, options):
        hidden = self._hidden_matrices(network) if options.get("muon_lr") else []
        taken = {id(p) for p in hidden}
        rest = [p for p in network.parameters() if id(p) not in taken]
        decay = options["weight_decay"]
        groups = [{"params": [p for p in rest if p.ndim > 1], "weight_decay": decay},
                  {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0}]
        self.parts = [(torch.optim.AdamW(groups, lr=0.0), 1.0)]
        if hidden:
            self.parts.append((Muon(hidden, weight_decay=decay), options["muon_lr"] / options["lr"]))
        for p in rest:
            p.grad = torch.zeros_like(p)
        self.parts[0][0].step()
        for state in self.parts[0][0].state.values():
            state["step"].zero_()
        self._forget(network)
        self.network = network

    @staticmethod
    def _hidden_matrices(network):
        if not hasattr(network, "hidden_matrices"):
            raise ValueError(f"muon_lr: {type(network).__name__} does not name matrices for Muon")
        return list(network.hidden_matrices())

    @staticmethod
    def _forget(network):
        for p in network.parameters():
            p.grad = None

    def record(self):
        """From now on steps may be recorded in a CUDA graph, with rates that are tensors."""
        adamw = self.parts[0][0]
        for group in adamw.param_groups:
            group["capturable"] = True
        for p, state in adamw.state.items():
            state["step"] = state["step"].to(p.device)

    def step(self, replica, rate):
        """One step with the gradients of a replica, at AdamW's `rate`."""
        for p, other in zip(self.network.parameters(), replica.parameters()):
            p.grad = other.grad
        for optimiser, ratio in self.parts:
            for group in optimiser.param_groups:
                group["lr"] = rate * ratio
            optimiser.step()
        self._forget(self.network)

    def tensors(self):
        """All of the state."""
        return [value for optimiser, _ in self.parts for state in optimiser.state.values() for value in state.values()]

    def share_memory(self):
        for value in self.tensors():
            value.share_memory_()

    def state_dict(self):
        return [optimiser.state_dict() for optimiser, _ in self.parts]

    def load_state_dict(self, states):
        """Takes over what an optimiser has gathered, and none of its settings: those are this configuration's."""
        if len(states) != len(self.parts):
            raise ValueError(f"muon_lr: this run began {'with' if len(states) > 1 else 'without'} Muon and can only go on so")
        for (optimiser, _), saved in zip(self.parts, states):
            parameters = [p for group in optimiser.param_groups for p in group["params"]]
            for index, p in enumerate(parameters):
                for name, value in optimiser.state[p].items():
                    value.copy_(saved["state"][index][name])
