"""A larger network that begins as a smaller one: it computes what the smaller one did, and what is new can be learnt."""
import torch

SILENT = ("any_rate",)  # keys of a configuration that change nothing of what a network computes


def check_growth(kind, now, before):
    """Refuses, by the keys of two configurations, a network of class `kind` that could not begin as the smaller one. `kind.grows`
    names the numbers that may be larger, `kind.gains` what may be there for the first time, `kind.keeps` what may differ."""
    refused = []
    for key in sorted(now.keys() | before.keys()):
        was, wanted = before.get(key), now.get(key)
        if key in kind.grows:
            fits = (was or 1) <= (wanted or 1)
        else:
            fits = was == wanted or not was and (not wanted or key in kind.gains)
        if not fits and key not in (*SILENT, *kind.keeps):
            refused.append(f"{key} ({was}, here {wanted})")
    if refused:
        raise ValueError(f"{kind.__name__} cannot begin as a network of another {', '.join(refused)}; "
                         f"it grows by {', '.join((*kind.grows, *kind.gains))}")


def adopt(network, tensors, config):
    """Copies the tensors of a smaller network of configuration `config`. What this one has beyond them starts at nothing:
    residual_ends() are what makes that so, and places() where rows go that do not lie in front."""
    check_growth(type(network), network.config, config)
    state = network.state_dict()
    for name in network.residual_ends():
        state[name].zero_()
    unknown = set(tensors) - set(state)
    if unknown:
        raise ValueError(f"no such tensors in this network: {sorted(unknown)[:4]}")
    for name, value in tensors.items():
        mine = state[name]
        if value.ndim != mine.ndim or any(a > b for a, b in zip(value.shape, mine.shape)):
            raise ValueError(f"{name}: {value.shape} does not fit into {tuple(mine.shape)}")
        where = [slice(size) for size in value.shape]
        rows = network.places(name, config)
        if rows is not None:
            where[0] = torch.tensor(rows, device=mine.device)
        mine[tuple(where)] = torch.tensor(value, device=mine.device)
