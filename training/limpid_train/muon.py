"""Muon: the momentum of every matrix is made orthogonal before it is applied, so that directions which the gradient hardly sees
are learnt as fast as those which dominate it (Jordan et al. 2024). Here for matrices of hidden layers; biases, norms, first and
last layers are AdamW's."""
import math

import torch

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of an odd quintic that takes singular values in (0, 1] to about 1 in five steps


def orthogonalise(matrices):
    """[N, R, C] -> matrices of the same singular vectors whose singular values are between about 0.7 and 1.2, by
    Newton-Schulz iteration."""
    wide = matrices if matrices.shape[1] <= matrices.shape[2] else matrices.transpose(1, 2)
    x = wide / (wide.norm(dim=(1, 2), keepdim=True) + 1e-12)
    a, b, c = COEFFICIENTS
    for _ in range(5):
        square = x @ x.transpose(1, 2)
        x = a * x + (b * square + c * square @ square) @ x
    return x if wide is matrices else x.transpose(1, 2)


class Muon(torch.optim.Optimizer):
    """Steps are scaled by 0.2 sqrt(max(R, C)), which gives an update the size of AdamW's (Liu et al. 2025, section 2.2): rates
    and decay mean what they mean there. Matrices of one shape are made orthogonal together."""

    def __init__(self, matrices, lr=0.0, momentum=0.95, weight_decay=0.0):
        matrices = list(matrices)
        if any(p.ndim != 2 for p in matrices):
            raise ValueError("only matrices can be made orthogonal")
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        for p in matrices:
            self.state[p]["momentum"] = torch.zeros_like(p)

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                if p.grad is not None:
                    shapes.setdefault(p.shape, []).append(p)
            for shape, matrices in shapes.items():
                self._step(group, matrices, 0.2 * math.sqrt(max(shape)) * group["lr"])

    def _step(self, group, matrices, rate):
        gradients, keep = torch.stack([p.grad for p in matrices]), group["momentum"]
        momenta = [self.state[p]["momentum"] for p in matrices]
        torch._foreach_mul_(momenta, keep)
        torch._foreach_add_(momenta, list(gradients), alpha=1 - keep)
        ahead = gradients.lerp(torch.stack(momenta), keep)  # Nesterov's
        torch._foreach_mul_(matrices, 1 - group["lr"] * group["weight_decay"])
        torch._foreach_sub_(matrices, list(orthogonalise(ahead) * rate))
