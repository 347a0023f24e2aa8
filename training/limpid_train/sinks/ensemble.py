"""Several small transformers trained side by side: every tensor has the runs in front, so that five seeds cost one set of
calls. They share nothing: own start, own language, own batches, own gradient clipping."""
import math

import torch
from torch.nn import functional as F

from ..attention import attention_map, decay_slopes, visible
from .language import VOCABULARY

GATED = "gated"  # softmax times sigmoid(x W) of each head (Qiu et al. 2025, arXiv 2505.06708)


class Ensemble(torch.nn.Module):
    """Decoder-only: x += attention(norm x), x += mlp(norm x); learnt positions up to `window`, RMS norm without gain."""

    def __init__(self, seeds, kind, window, layers=1, width=32, heads=1, hidden=32, sink_start=None):
        super().__init__()
        self.kind, self.window, self.layers, self.heads = kind, window, layers, heads
        runs, head = len(seeds), width // heads
        shapes = {"embed": (VOCABULARY, width), "position": (window, width), "unembed": (width, VOCABULARY)}
        for n in range(layers):
            shapes.update({f"{n}.q": (width, width), f"{n}.k": (width, width), f"{n}.v": (width, width),
                           f"{n}.o": (width, width), f"{n}.up": (width, hidden), f"{n}.down": (hidden, width)})
            if kind == GATED:
                shapes[f"{n}.gate"] = (width, heads)
            if kind == "key_bias":
                shapes[f"{n}.sink"] = (heads, head)
            if kind == "sink_logit":
                shapes[f"{n}.sink"] = (heads,)
        self.weights = torch.nn.ParameterDict()
        for index, (name, shape) in enumerate(shapes.items()):
            values = torch.stack([torch.randn(shape, generator=torch.Generator().manual_seed(1000 * seed + index))
                                  for seed in seeds])
            if name.endswith("sink"):
                values = 0.02 * values if sink_start is None else torch.full_like(values, sink_start)
            else:
                values = 0.3 * values * (0.5 if name in ("embed", "position") else shape[0] ** -0.5)
            self.weights[name.replace(".", "_")] = torch.nn.Parameter(values)
        self.runs = runs

    def weight(self, layer, name):
        return self.weights[f"{layer}_{name}"]

    def attend(self, layer, x, seen):
        """x [runs, batch, T, width] to (output, map [runs, batch, heads, T, T], values)."""
        runs, batch, length, width = x.shape
        flat = x.reshape(runs, batch * length, width)

        def heads(name):
            return torch.bmm(flat, self.weight(layer, name)).view(runs, batch, length, self.heads, -1).transpose(2, 3)

        q, k, v = heads("q"), heads("k"), heads("v")
        sink, slope = None, None
        if self.kind == "sink_logit":
            sink = self.weight(layer, "sink")[:, None, :, None]
        elif self.kind == "key_bias":
            sink = self.weight(layer, "sink")[:, None, :, None, :]
        elif self.kind == "linear_decay":
            slope = decay_slopes(self.heads)[:, None, None]
        kind = "softmax" if self.kind == GATED else self.kind
        a = attention_map(q, k, kind, seen, sink=sink, window=self.window, slope=slope)
        y = a @ v
        if self.kind == GATED:
            y = y * torch.sigmoid(heads("gate"))
        y = y.transpose(2, 3).reshape(runs, batch * length, width)
        return torch.bmm(y, self.weight(layer, "o")).view_as(x), a, v

    def forward(self, tokens, seen=None, turn=None):
        """tokens [runs, batch, T]. Returns logits [runs, batch, T, V], hidden states, maps and values of every layer.
        turn(layer, x) may change the hidden state that leaves a layer: the intervention of the causal test."""
        length = tokens.shape[-1]
        seen = visible(length) if seen is None else seen
        rows = torch.arange(self.runs)[:, None, None]
        x = self.weights["embed"][rows, tokens] + self.weights["position"][:, None, :length]
        hidden, maps, values = [x], [], []
        for n in range(self.layers):
            y, a, v = self.attend(n, norm(x), seen)
            x = x + y
            flat = norm(x).flatten(1, 2)
            x = x + torch.bmm(F.relu(torch.bmm(flat, self.weight(n, "up"))), self.weight(n, "down")).view_as(x)
            x = x if turn is None else turn(n, x)
            hidden.append(x)
            maps.append(a)
            values.append(v)
        logits = torch.bmm(norm(x).flatten(1, 2), self.weights["unembed"]).view(x.shape[:-1] + (-1,))
        return logits, hidden, maps, values


def norm(x):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


def losses(logits, tokens):
    """Cross-entropy of every prediction, [runs, batch, T - 1] in nats."""
    found = F.cross_entropy(logits[..., :-1, :].flatten(0, -2), tokens[..., 1:].flatten(), reduction="none")
    return found.view(tokens[..., 1:].shape)


def clip_each(parameters, limit):
    """Gradient clipping of every run for itself."""
    total = sum(p.grad.flatten(1).pow(2).sum(-1) for p in parameters)
    scale = (limit / total.sqrt().clamp(min=1e-12)).clamp(max=1)
    for p in parameters:
        p.grad.mul_(scale.view((-1,) + (1,) * (p.dim() - 1)))


def train(model, languages, steps, batch, length, rate=1e-2, extra=None, seed=0, each=None):
    """AdamW; the rate rises for 50 steps and falls to a tenth over the last third. Sinks come with effective optimisation
    (Gu et al. 2025, section 4): from a small start and at this rate they are there after 300 steps, at a third of it hardly
    after 1000. extra(hidden) [runs] is added to the loss; each(step, loss) is called after every step."""
    parameters = list(model.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=rate, betas=(0.9, 0.98), weight_decay=1e-4)
    generators = [torch.Generator().manual_seed(77 * seed + 13 * run + 5) for run in range(model.runs)]
    stock = []
    for step in range(1, steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, step / 50, 0.1 + 2.7 * (1 - step / steps))
        if not stock:  # many batches at once: drawing is one small call a position
            drawn = [language.draw(16 * batch, length, g) for language, g in zip(languages, generators)]
            stock = list(torch.stack(drawn).split(batch, dim=1))
        tokens = stock.pop()
        logits, hidden, _, _ = model(tokens)
        loss = losses(logits, tokens).mean((1, 2))
        total = loss if extra is None else loss + extra(hidden)
        optimiser.zero_grad(set_to_none=True)
        total.sum().backward()
        clip_each(parameters, 1.0)
        optimiser.step()
        if not math.isfinite(loss.sum().item()):
            raise ArithmeticError(f"step {step}: the loss is {loss.tolist()}")
        if each is not None:
            each(step, loss.detach())
