"""Two steps of a Hyena operator, laid out for training on a CPU: time comes first, so that a short convolution shifts whole
frames and a long one is a product with one matrix per channel. Transforms and the copies they need took a third of a
training step on examples of a few hundred frames."""
import torch
from torch.autograd import Function
from torch.nn import functional as F

from .long_conv import long_conv

MATRIX_FRAMES = 512  # more of them go through transforms


class ShortConv(Function):
    """y[t] = sum_j w[j] x[t - (J - 1) + j] per channel: x [T, ..., C], w [J, C], the last tap is the present. Gradients are
    written by hand: autograd's spend as long on zeros and copies as on products."""

    @staticmethod
    def forward(context, x, w):
        context.save_for_backward(x, w)
        y = x * w[-1]
        for lag in range(1, len(w)):
            y[lag:].addcmul_(x[:-lag], w[-1 - lag])
        return y

    @staticmethod
    def backward(context, gradient):
        x, w = context.saved_tensors
        others = tuple(range(x.dim() - 1))
        gx = gradient * w[-1]
        gw = [(gradient * x).sum(others)]
        for lag in range(1, len(w)):
            gx[:-lag].addcmul_(gradient[lag:], w[-1 - lag])
            gw.append((gradient[lag:] * x[:-lag]).sum(others))
        return gx, torch.stack(gw[::-1])


def toeplitz(h, frames):
    """[D, K] with K <= frames -> [D, frames, frames], row t and column s: h[t - s], the causal convolution as a matrix."""
    channels, taps = h.shape
    row = F.pad(h.flip(1), (frames - taps, frames))            # place c holds the lag frames - 1 - c
    rows = row[:, None].expand(-1, frames, -1).reshape(channels, -1)
    # Read as rows that are one place shorter, each begins one place further to the left.
    shifted = rows[:, frames - 1:frames - 1 + frames * (2 * frames - 1)]
    return shifted.view(channels, frames, -1)[:, :, :frames]


def gated_conv(p, h):
    """z = q * (h conv (k * v)) along T: p [3, D, T, N] holds q, k, v; h [D, K]; z [D, T, N]. Taps that no frame is old enough
    for have no effect. Equals long_conv(v, h, before=k, after=q), whose rows are in another order."""
    q, k, v = p.unbind(0)
    frames = p.shape[2]
    if frames > MATRIX_FRAMES:
        return q * long_conv((k * v).permute(2, 0, 1), h).permute(1, 2, 0)
    return q * torch.bmm(toeplitz(h[:, :frames], frames), k * v)
