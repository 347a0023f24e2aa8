"""A filter over all microphones that changes slowly, fitted to what a network makes of them. A network's masks change with every
frame and remove what is loud beside the voice; a filter that fits all of the last seconds at once keeps what comes from where the
voice is, and knows what several frames of a reverberant room have in common. Each errs where the other does not."""
import torch
from torch.nn import functional as F

LOADING = 1e-3  # of the mean power of its inputs: what makes the filter's equations solvable
TINY = 1e-12
SHARE = 0.5     # of the output
LIMIT = 2.0     # the filter may be this much louder than the network's output in any bin: pauses stay quiet


@torch.no_grad()
def steady_filter(spectrum, estimate, frames, horizon):
    """complex [B, M, F, T] and [B, F, T] -> [B, F, T]: in every bin the filter w^H z of the latest `frames` frames z of all microphones
    that is nearest to the estimate in squares, summed over the present frame and the past, which is forgotten by 1 - 1 / horizon a
    frame. With R and r the sums of z z^H and z s*, w solves (R + d I) w = r. No gradients pass."""
    past = F.pad(spectrum, (frames - 1, 0))
    count = spectrum.shape[-1]
    z = torch.cat([past[..., frames - 1 - k:frames - 1 - k + count] for k in range(frames)], 1).permute(3, 0, 2, 1)
    s = estimate.permute(2, 0, 1)[..., None]                                    # [T, B, F, 1]
    keep, identity = 1 - 1 / horizon, torch.eye(z.shape[-1], device=z.device)
    covariance = torch.zeros(*z.shape[1:], z.shape[-1], dtype=z.dtype, device=z.device)
    cross, made = torch.zeros_like(z[0]), []
    for now, wanted in zip(z, s):
        covariance = keep * covariance + now[..., :, None] * now[..., None, :].conj()
        cross = keep * cross + now * wanted.conj()
        load = LOADING * covariance.diagonal(dim1=-2, dim2=-1).real.mean(-1) + TINY
        weights = torch.linalg.solve(covariance + load[..., None, None] * identity, cross)
        made.append((weights.conj() * now).sum(-1))
    return torch.stack(made, -1)


def steadied(spectrum, estimate, frames, horizon):
    """Half of the estimate, and half of the steady filter's output as far as it is not much louder."""
    steady = steady_filter(spectrum, estimate, frames, horizon)
    limit = (LIMIT * estimate.abs() / (steady.abs() + 1e-9)).clamp(max=1)
    return (1 - SHARE) * estimate + SHARE * limit * steady
