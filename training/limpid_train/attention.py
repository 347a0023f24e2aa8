"""Attention of every kind that the library knows, as maps of weights: clear rather than quick.

The C++ twin is lib/nn/attention.h. A kind says how scores x_ij = gain * q_i.k_j become weights a_ij:

  softmax     e^x / sum e^x
  softmax1    e^x / (1 + sum e^x)                      Miller 2023, "Attention is off by one"
  sink_logit  e^x / (e^s + sum e^x), s learned         gpt-oss; the dual of a sigmoid's bias if s starts at ln(window)
  key_bias    e^x / (e^(q.k*) + sum e^x), k* learned   Gu et al. 2025 (arXiv 2410.10781), K bias with zero value
  sigmoid     1 / (1 + e^-(x - ln window))             Ramapuram et al. 2025 (arXiv 2409.04431)
  elu1        elu(x) + 1                               Gu et al. 2025, table 4
  lssa        softplus(ln d ln N_i x) / sum            Gao et al. 2025 (arXiv 2501.13428); q, k of length 1, N_i keys in sight
  lssar       max(N_i lssa - 1, 0)^p / sum             the same, re-weighted
  linear_decay x e^(-slope (i - j)), gain 1             Qin et al. 2024 (arXiv 2405.17381), Lightning attention

The first four and lssa(r) are normalised: what a row gives to one key it takes from the others.
"""
import math

import torch
from torch.nn import functional as F

KINDS = ("softmax", "softmax1", "sink_logit", "key_bias", "sigmoid", "elu1", "lssa", "lssar", "linear_decay")
NORMALISED = ("softmax", "lssa", "lssar")
LEAST_BASE = 1e-5  # of lssar: less counts as zero, so that rounding does not choose between equal scores (kLeastBase in C++)


def visible(queries, keys=None, window=None, sinks=0):
    """[queries, keys] bool: causal, the last query sees the last key. window: how many newest keys a query sees, itself
    included. sinks: how many of the first keys it sees for ever (StreamingLLM, arXiv 2309.17453)."""
    keys = queries if keys is None else keys
    distance = torch.arange(queries)[:, None] + (keys - queries) - torch.arange(keys)
    seen = distance >= 0
    if window is not None:
        seen &= (distance < window) | (torch.arange(keys) < sinks)
    return seen


def decay_slopes(heads):
    """Slopes of linear_decay, one a head: 2^(-8 (h + 1) / heads), for 8 heads a memory of 2 to 256 frames."""
    return torch.tensor([2.0 ** (-8.0 * (h + 1) / heads) for h in range(heads)])


def rotate(x, positions, base=10000.0):
    """Rotary positions (Su et al. 2021): components c and c + d/2 of x [..., T, d] turn by positions * base^(-2c/d)."""
    half = x.shape[-1] // 2
    speed = base ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = positions.double()[..., None] * speed
    cosine, sine = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x[..., :half], x[..., half:2 * half]
    return torch.cat([a * cosine - b * sine, b * cosine + a * sine], -1)


def attention_map(q, k, kind, seen, positions=None, gain=None, sink=None, window=None, slope=None, power=3):
    """Weights [..., T, K] of queries [..., T, d] on keys [..., K, d] where `seen` is true; exactly zero elsewhere.

    positions: [T] for rotary positions, with K = T. gain: 1/sqrt(d) unless given. sink: of sink_logit broadcastable to
    [..., T]; of key_bias k*, broadcastable to q, which meets unrotated queries. window: of sigmoid, the n of its bias -ln n.
    slope: of linear_decay, broadcastable to [..., T, K].
    """
    width, plain = q.shape[-1], q
    if positions is not None:
        q, k = rotate(q, positions), rotate(k, positions)
    if kind in ("lssa", "lssar"):
        return _reweighted(q, k, seen, power if kind == "lssar" else None)
    if kind == "linear_decay":
        distance = (torch.arange(q.shape[-2])[:, None] + (k.shape[-2] - q.shape[-2]) - torch.arange(k.shape[-2])).clamp(min=0)
        return (q @ k.transpose(-1, -2)) * torch.exp(-slope * distance) * seen
    gain = width ** -0.5 if gain is None else gain
    x = gain * (q @ k.transpose(-1, -2))
    if kind == "sigmoid":
        return torch.sigmoid(x - math.log(window)) * seen
    if kind == "elu1":
        return (F.elu(x) + 1) * seen
    x = x.masked_fill(~seen, -math.inf)
    if kind == "softmax":
        return torch.softmax(x, -1)
    if kind == "softmax1":
        extra = torch.zeros_like(x[..., :1])
    elif kind == "sink_logit":
        extra = sink[..., None].expand(x.shape[:-1] + (1,))
    elif kind == "key_bias":
        extra = gain * (plain * sink).sum(-1, keepdim=True)
    else:
        raise ValueError(f"attention kind '{kind}' is none of {', '.join(KINDS)}")
    return torch.softmax(torch.cat([extra, x], -1), -1)[..., 1:]


def _reweighted(q, k, seen, power):
    count = seen.sum(-1, keepdim=True).to(q.dtype)
    x = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-1, -2)
    a = F.softplus(math.log(q.shape[-1]) * count.log() * x) * seen
    a = a / a.sum(-1, keepdim=True)
    if power is None:
        return a
    a = a * count - (count > 3).to(q.dtype)
    a = torch.where(a < LEAST_BASE, 0.0, a) ** power
    return a / a.sum(-1, keepdim=True).clamp(min=1e-20)
