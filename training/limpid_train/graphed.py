"""A whole training step as one CUDA graph. A step of a small network is a few thousand kernels of a few microseconds; started
one by one from Python they leave the card idle for half of the time."""
import contextlib

import torch

from .losses import total_loss


@contextlib.contextmanager
def unchanged(tensors):
    """Afterwards these tensors are what they were before, at the same place in memory."""
    before = [tensor.detach().clone() for tensor in tensors]
    yield
    with torch.no_grad():
        for tensor, value in zip(tensors, before):
            tensor.copy_(value)


class Step:
    """Loss, gradients, optimisers and moving average on batches of one shape, all that changes in tensors, and nothing that waits
    for the card. A batch whose gradient is not finite counts as one without a gradient, and leaves running statistics alone."""

    WARM_UP = 3  # steps

    def __init__(self, master, autocast, batch):
        """`batch`: any (noisy, target) of the shape that is meant; `autocast`: makes the context that products run in."""
        self.master, self.autocast = master, autocast
        self.noisy, self.target = (part.to(master.device) for part in batch)
        self.rate, self.kept = torch.zeros((), device=master.device), torch.ones((), device=master.device)

    def compute(self):
        """The names of what was measured, and their values."""
        master = self.master
        before = [buffer.clone() for buffer in master.network.buffers()]
        loss, parts = total_loss(master.network, self.noisy, self.target, master.options["losses"], self.autocast(),
                                 master.teacher)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(master.network.parameters(), master.options["clip"])
        finite = torch.isfinite(norm)
        for p in master.network.parameters():
            if p.grad is not None:
                p.grad = torch.where(finite, p.grad, torch.zeros_like(p.grad))
        with torch.no_grad():
            for buffer, value in zip(master.network.buffers(), before):
                buffer.copy_(torch.where(finite, buffer, value))
            master.optimisers.step(master.network, self.rate)
            master.follow(self.kept)
        measured = {"loss": loss, "norm": norm, "lr": self.rate, **parts}
        return list(measured), torch.stack([value.detach().float() for value in measured.values()])

    def warm_up(self):
        """Steps that leave no trace: kernels are compiled and chosen, and memory is found, before anything is recorded."""
        master = self.master
        with unchanged([value for network in (master.network, master.average)
                        for value in (*network.parameters(), *network.buffers())] + master.optimisers.tensors()):
            for _ in range(self.WARM_UP):
                self.compute()


class GraphedStep(Step):
    def __init__(self, master, autocast, batch):
        super().__init__(master, autocast, batch)
        master.optimisers.record()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self.warm_up()
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, capture_error_mode="thread_local"):  # another thread pins batches
            self.names, self.values = self.compute()

    def __call__(self, noisy, target, rate, kept):
        """Trains on a batch; what was measured, on the device."""
        self.noisy.copy_(noisy, non_blocking=True)
        self.target.copy_(target, non_blocking=True)
        self.rate.fill_(rate)
        self.kept.fill_(kept)
        self.graph.replay()
        return dict(zip(self.names, self.values.clone()))
