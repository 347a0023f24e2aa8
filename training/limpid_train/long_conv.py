"""Long convolutions for training: y = v * ((u * w) conv k) along the last axis, through torch.fft.

The library's C++ operation of the same name (lib/dsp/long_conv.h) gives the same numbers to 120 dB; the gated form is
the operator of Hyena (Poli et al. 2023, section 3) as FlashFFTConv states it (Fu et al. 2023, section 3.1).
"""
import torch


def transform_size(least):
    """The smallest 2^a * {1, 3, 5} that is at least `least`: a length that every FFT library is quick at."""
    sizes = []
    for odd in (1, 3, 5):
        size = odd
        while size < least:
            size *= 2
        sizes.append(size)
    return min(sizes)


def long_conv(u, k, before=None, after=None, circular=False):
    """The convolution of every row with its channel's filter, as long as the row.

    u: [..., H, L], real. k: [H, Lk]; the filter of a channel is shared by all that lies in front of H.
    before, after: gates that broadcast against u; they multiply what goes in and what comes out.
    circular=False: causal, y[t] = sum_j k[j] u[t - j] with silence before t = 0; taps beyond L have no effect.
    circular=True: indices of u are taken modulo L, and taps beyond L wrap around.
    Gradients reach u, k and both gates. ValueError where shapes do not fit.
    """
    if u.dim() < 2 or k.dim() != 2 or u.shape[-2] != k.shape[0]:
        raise ValueError(f"u {tuple(u.shape)} and k {tuple(k.shape)} are not [..., H, L] and [H, Lk]")
    length, taps = u.shape[-1], k.shape[-1]
    if length == 0 or taps == 0:
        raise ValueError("an empty signal or filter")
    if before is not None:
        u = u * before
    if circular:
        size = length
        k = torch.nn.functional.pad(k, (0, -taps % length)).unflatten(-1, (-1, length)).sum(-2)
    else:
        k = k[..., :length]
        size = transform_size(length + k.shape[-1] - 1)
    spectrum = torch.fft.rfft(u, n=size) * torch.fft.rfft(k, n=size)
    y = torch.fft.irfft(spectrum, n=size)[..., :length]
    return y if after is None else y * after
