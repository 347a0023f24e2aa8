"""What the small transformers do: sinks, equal loss, cosines to the first token, and the first token evicted.

Every function takes a trained Ensemble and its languages and returns plain numbers, one a run."""
import torch

from ..attention import visible
from ..decorrelation import cosines, rotate_toward
from .ensemble import GATED, losses, norm
from .language import is_trigger
from .train import LENGTH

EPSILON = 0.3  # of the published sink metric (Gu et al. 2025)


def fresh(languages, count, length, seed=99):
    """Sequences that training never saw, [runs, count, length]."""
    return torch.stack([language.draw(count, length, torch.Generator().manual_seed(seed)) for language in languages])


def mean(values, where=None):
    """Over all but the first axis, where the mask says so: a list."""
    values = values.double()
    if where is None:
        return values.flatten(1).mean(1).tolist()
    return ((values * where).flatten(1).sum(1) / where.flatten(1).sum(1)).tolist()


def share(a, weight=None):
    """Of all weight in maps [runs, batch, heads, T, T], how much lies on the first key; weight: of each key, or of each query."""
    a = a.abs() if weight is None else a.abs() * weight
    return (a[..., 0].flatten(1).sum(1) / a.flatten(1).sum(1)).tolist()


@torch.no_grad()
def sinks(model, languages, count=64):
    """Loss and the measures of section 2 of docs/attention.md, of the first layer."""
    tokens = fresh(languages, count, LENGTH)
    logits, hidden, maps, values = model(tokens)
    a, loss = maps[0], losses(logits, tokens)
    rows = a / (a.sum(-1, keepdim=True) + 1e-8)
    received = rows.sum(-2) / torch.arange(LENGTH, 0, -1)
    idle = ~is_trigger(tokens[:, :, 1:])
    size = values[0].norm(dim=-1)
    gate = torch.ones(()) if model.kind != GATED else torch.sigmoid(
        torch.einsum("rbtd,rdh->rbht", norm(hidden[0]), model.weight(0, "gate")))[..., None]
    first = a[..., 1:, 0].mean(2)
    return {"loss": mean(loss), "excess": [found - language.least_loss(t[:, :-1])
                                           for found, language, t in zip(mean(loss), languages, tokens)],
            "trigger_loss": mean(loss, is_trigger(tokens[:, :, :-1])),
            "sink": [100 * x for x in mean((received[..., 0] > EPSILON).float())],
            "received": mean(received[..., 0]), "first_idle": mean(first, idle), "first_busy": mean(first, ~idle),
            "row_mass": mean(a.sum(-1)), "mass_share": share(a), "value_share": share(a, size[..., None, :]),
            "after_gate": share(a, gate), "value_drain": mean(size[..., 0] / size.mean(-1)),
            "peak": mean(hidden[-1].norm(dim=-1)[..., 0] / hidden[-1].norm(dim=-1).mean(-1))}


@torch.no_grad()
def alignment(model, languages, count=64):
    """Of two layers and the language with a full stop: cosines to the first token after layer 1, weights in layer 2."""
    tokens = fresh(languages, count, LENGTH)
    logits, hidden, maps, _ = model(tokens)
    stop = (tokens == languages[0].delimiter)
    other = ~stop
    other[..., 0] = False
    c = cosines(hidden[1])
    received = (maps[1].mean(2).sum(-2) / torch.arange(LENGTH, 0, -1))
    late = torch.arange(LENGTH) < LENGTH - 8  # the mean over fewer queries says little
    return {"loss": mean(losses(logits, tokens)), "cos_stop": mean(c, stop), "cos_other": mean(c.abs(), other),
            "stop_received": mean(received, stop & late), "other_received": mean(received, other & late),
            "first_received": mean(received[..., 0]),
            "peak": [(h.abs().amax() / h.abs().median()).item() for h in hidden[1]]}


@torch.no_grad()
def intervention(model, languages, count=64):
    """The causal test: what layer 2 gives to full stops when they are turned to a right angle with the first token after
    layer 1, and to ordinary tokens when those are turned onto it."""
    tokens = fresh(languages, count, LENGTH)
    stop, late = tokens == languages[0].delimiter, torch.arange(LENGTH) < LENGTH - 8
    chosen = torch.zeros_like(stop)
    chosen[..., 10] = ~stop[..., 10]

    def received(turn, where):
        _, _, maps, _ = model(tokens, turn=turn)
        return mean(maps[1].mean(2).sum(-2) / torch.arange(LENGTH, 0, -1), where & late)

    def away(layer, x):
        first = x[..., :1, :].expand_as(x)
        angle = torch.acos(torch.cosine_similarity(x, first, dim=-1).clamp(-1, 1))[..., None]
        turned = rotate_toward(x, first, 1 - torch.pi / 2 / angle.clamp(min=1e-3))
        return torch.where(stop[..., None] & (layer == 0), turned, x)

    def onto(layer, x):
        return torch.where(chosen[..., None] & (layer == 0), rotate_toward(x, x[..., :1, :].expand_as(x), 1.0), x)

    return {"stop": received(None, stop), "stop_turned_away": received(away, stop),
            "token": received(None, chosen), "token_turned_onto": received(onto, chosen)}


@torch.no_grad()
def eviction(model, languages, kept=(0, 1, 4), window=LENGTH // 2, count=128):
    """Loss in the second half of a sequence, where a query sees the newest `window` tokens and, of those that left, the first
    `kept` (None: everything). The task needs two tokens of the past, so a window loses nothing but the first token."""
    tokens = fresh(languages, count, LENGTH)
    late = slice(window, None)  # token 0 has left the window of these queries
    result = {"all": mean(losses(model(tokens)[0], tokens)[..., late])}
    for first in kept:
        seen = visible(LENGTH, window=window, sinks=first)
        result[first] = mean(losses(model(tokens, seen=seen)[0], tokens)[..., late])
    return result
