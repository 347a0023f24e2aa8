"""The decorrelation loss of Anand et al. (arXiv 2510.22603), its gradient written out, and their causal test.

Tokens whose hidden state points where the first token's does become attention sinks with massive activations. The loss
is the mean squared cosine to the first token, over tokens and then over layers; the C++ twin is lib/analysis.
"""
import torch
from torch.nn import functional as F


def cosines(hidden):
    """Cosine of every token to token 0: [..., T, D] to [..., T]."""
    unit = F.normalize(hidden, dim=-1)
    return (unit * unit[..., :1, :]).sum(-1)


def decorrelation_loss(hidden, use=None):
    """hidden: the states [L + 1][B, T, D], embeddings first. The first and the last are left out, as published, and token 0.
    use: [B, T] bool, the tokens that count (no padding, no output); all unless given. Returns a scalar in 0..1."""
    layers = list(hidden)[1:-1]
    if not layers:
        raise ValueError("no layer between the embeddings and the last one")
    use = torch.ones(layers[0].shape[:-1], dtype=torch.bool) if use is None else use.clone()
    use[..., 0] = False
    weight = use.to(layers[0].dtype) / use.sum().clamp(min=1)
    return sum((cosines(h) ** 2 * weight).sum() for h in layers) / len(layers)


class Decorrelation(torch.nn.Module):
    """factor * decorrelation_loss: what a training loop adds. The published factor, 1e4, is for adapters of a large model in
    bfloat16; 0.1 to 10 is enough from scratch."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.factor = factor

    def forward(self, hidden, use=None):
        return self.factor * decorrelation_loss(hidden, use)


def rotate_toward(state, target, fraction):
    """`state` [..., D] turned in the plane of it and `target` by `fraction` of the angle between them, its length kept:
    0 leaves it, 1 points along target. Turning a sink away from the first token removes it, and the other way round.
    Where the two are parallel or one is zero there is no such plane, and the state stays."""
    length = state.norm(dim=-1, keepdim=True)
    u, v = F.normalize(state, dim=-1), F.normalize(target, dim=-1)
    cosine = (u * v).sum(-1, keepdim=True).clamp(-1, 1)
    across = v - cosine * u
    size = across.norm(dim=-1, keepdim=True)
    angle = fraction * torch.atan2(size, cosine)
    turned = length * (angle.cos() * u + angle.sin() * across / size.clamp(min=1e-12))
    return torch.where(size > 1e-6, turned, state)
