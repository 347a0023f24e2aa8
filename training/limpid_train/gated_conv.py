"""Two steps of a Hyena operator with hand-written gradients: the definition through autograd spends more time on copies and
zeros than on products, which on a CPU is half of a training step."""
import torch
from torch.autograd import Function

from .long_conv import transform_size


class ShortConv(Function):
    """y[t] = sum_j w[j] x[t - (J - 1) + j] per channel: x [B, T, G, C], w [J, C], the last tap is the present."""

    @staticmethod
    def forward(context, x, w):
        context.save_for_backward(x, w)
        y = x * w[-1]
        for lag in range(1, len(w)):
            y[:, lag:].addcmul_(x[:, :-lag], w[-1 - lag])
        return y

    @staticmethod
    def backward(context, gradient):
        x, w = context.saved_tensors
        gx = gradient * w[-1]
        gw = [(gradient * x).sum((0, 1, 2))]
        for lag in range(1, len(w)):
            gx[:, :-lag].addcmul_(gradient[:, lag:], w[-1 - lag])
            gw.append((gradient[:, lag:] * x[:, :-lag]).sum((0, 1, 2)))
        return gx, torch.stack(gw[::-1])


class GatedConv(Function):
    """z = q * (h conv (k * v)) along T: p [B, T, G, 3D] holds q, k, v; h [D, K] with K <= T; z [B, T, G, D]. Equals
    long_conv(v, h, before=k, after=q), whose rows are in another order."""

    @staticmethod
    def forward(context, p, h):
        q, k, v = p.chunk(3, -1)
        frames = p.shape[1]
        size = transform_size(frames + h.shape[1] - 1)
        u = torch.fft.rfft((k * v).permute(0, 2, 3, 1).contiguous(), n=size)
        spectrum = torch.fft.rfft(h, n=size)
        y = torch.fft.irfft(u * spectrum, n=size)[..., :frames].permute(0, 3, 1, 2).contiguous()
        context.save_for_backward(p, u, spectrum, y)
        context.size, context.taps = size, h.shape[1]
        return q * y

    @staticmethod
    def backward(context, gradient):
        p, u, spectrum, y = context.saved_tensors
        q, k, v = p.chunk(3, -1)
        gp = torch.empty_like(p)
        gq, gk, gv = gp.chunk(3, -1)
        torch.mul(gradient, y, out=gq)
        gy = torch.fft.rfft((gradient * q).permute(0, 2, 3, 1).contiguous(), n=context.size)
        gh = torch.fft.irfft((gy * u.conj()).sum((0, 1)), n=context.size)[:, :context.taps]
        gu = torch.fft.irfft(gy.mul_(spectrum.conj()), n=context.size)[..., :gradient.shape[1]].permute(0, 3, 1, 2)
        gu = gu.contiguous()
        torch.mul(gu, v, out=gk)
        torch.mul(gu, k, out=gv)
        return gp, gh


def gated_conv(p, h):
    """GatedConv with filters of any length; taps that no frame is old enough for have no effect."""
    return GatedConv.apply(p, h[:, :p.shape[1]])
