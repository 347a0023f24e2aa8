"""How loud a bin is beside what is around it: two numbers that a complex network, which sees real and imaginary parts,
would have to spend its first layers on. Logarithms relative to running means, as DeepFilterNet has them (Schröter et al.
2022, section 2.2)."""
import torch

from .layers import running_mean

FLOOR = 1e-7  # of |X|^2 inside the logarithm
SCALE = 0.25  # of natural logarithms: brings 35 dB to 2


def level_features(power, horizon):
    """|X|^2 [B, 1, F, T] -> [B, 2, F, T]: the logarithm relative to the mean of the whole spectrum, and to the bin's own,
    both over the latest `horizon` frames."""
    level = torch.log(power + FLOOR)
    mean = running_mean(level[:, 0].transpose(1, 2), horizon).transpose(1, 2)[:, None]
    return SCALE * torch.cat([level - mean.mean(2, keepdim=True), level - mean], 1)
