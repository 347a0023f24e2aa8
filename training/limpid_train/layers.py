"""Complex layers of FRCRN on tensors [B, 2C, F, T] whose channels are all real parts, then all imaginary parts."""
import torch
from torch import nn
from torch.nn import functional as F


def complex_block(a, b, inputs_dim):
    """Real matrix [[A, -B], [B, A]] (outputs x inputs) of a complex product, as a convolution weight."""
    outputs_dim = 1 - inputs_dim
    return torch.cat([torch.cat([a, -b], inputs_dim), torch.cat([b, a], inputs_dim)], outputs_dim)


def precise(x):
    """At least single precision, whatever the multiplications ran in."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


def leaky(x):
    return F.leaky_relu(x, 0.01)


class ComplexConv(nn.Module):
    """Complex convolution with stride along F, computed as one real convolution of twice the width."""

    def __init__(self, inputs, outputs, kernel, stride=2, pad=(1, 0)):
        super().__init__()
        self.stride, self.pad = (stride, 1), pad
        self.conv_re = nn.Conv2d(inputs, outputs, kernel)
        self.conv_im = nn.Conv2d(inputs, outputs, kernel)

    def forward(self, x):
        a, b = self.conv_re, self.conv_im
        weight = complex_block(a.weight, b.weight, inputs_dim=1)
        bias = torch.cat([a.bias - b.bias, b.bias + a.bias])
        return F.conv2d(F.pad(x, self.pad) if any(self.pad) else x, weight, bias, self.stride)


class ComplexConvTranspose(nn.Module):
    """Complex transposed convolution. Its two-tap kernel makes T+1 frames; which ends are cropped decides on look-ahead."""

    def __init__(self, inputs, outputs, kernel, lookahead):
        super().__init__()
        self.lookahead = lookahead
        self.tconv_re = nn.ConvTranspose2d(inputs, outputs, kernel)
        self.tconv_im = nn.ConvTranspose2d(inputs, outputs, kernel)

    def forward(self, x):
        a, b = self.tconv_re, self.tconv_im
        weight = complex_block(a.weight, b.weight, inputs_dim=0)
        bias = torch.cat([a.bias - b.bias, b.bias + a.bias])
        y = F.conv_transpose2d(x, weight, bias, (2, 1))
        return y[..., 1:-1] if self.lookahead else y[..., :-1]


class Moments(nn.Module):
    """Parameters and running statistics of one batch normalisation."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))


class ComplexNorm(nn.Module):
    """Independent batch normalisations of real and imaginary parts, run as one over 2C channels."""

    def __init__(self, channels):
        super().__init__()
        self.bn_re = Moments(channels)
        self.bn_im = Moments(channels)

    def forward(self, x):
        re, im = self.bn_re, self.bn_im
        weight, bias = torch.cat([re.weight, im.weight]), torch.cat([re.bias, im.bias])
        mean = torch.cat([re.running_mean, im.running_mean])
        var = torch.cat([re.running_var, im.running_var])
        y = F.batch_norm(x, mean, var, weight, bias, self.training, momentum=0.05, eps=1e-5)
        if self.training:
            with torch.no_grad():
                for part, m, v in zip((re, im), mean.chunk(2), var.chunk(2)):
                    part.running_mean.copy_(m)
                    part.running_var.copy_(v)
        return y


class FsmnCell(nn.Module):
    """Parameters of one real feed-forward sequential memory network."""

    def __init__(self, channels, order):
        super().__init__()
        self.linear = nn.Linear(channels, channels)
        self.project = nn.Linear(channels, channels, bias=False)
        self.conv1 = nn.Conv2d(channels, channels, (order, 1), groups=channels, bias=False)


class Fsmn(nn.Module):
    """Complex memory over one axis: re = F(xr) - G(xi), im = F(xi) + G(xr), each cell being x + p + taps * p. Along
    frequency (axis 2) the published direction is "up"; the others are there to be compared with it."""

    def __init__(self, channels, order, layers, axis, direction="up"):
        super().__init__()
        self.order, self.layers, self.axis, self.channels, self.direction = order, layers, axis, channels, direction
        for i in range(1, layers + 1):
            self.add_module(f"fsmn_re_L{i}", FsmnCell(channels, order))
            self.add_module(f"fsmn_im_L{i}", FsmnCell(channels, order))

    def forward(self, x):
        for i in range(1, self.layers + 1):
            x = self._layer(x, getattr(self, f"fsmn_re_L{i}"), getattr(self, f"fsmn_im_L{i}"))
        return x

    def _layer(self, x, f, g):
        batch, width, rows, frames = x.shape
        c = self.channels
        parts = x.reshape(batch * 2, c, rows * frames)                      # re and im as two examples
        hidden = torch.cat([f.linear.weight, g.linear.weight])              # [2C, C]
        h = product(hidden, parts)
        h = F.relu(h + torch.cat([f.linear.bias, g.linear.bias])[:, None].to(h.dtype))
        project = torch.stack([f.project.weight, g.project.weight])         # [F|G, C, C]
        p = product(project, h.reshape(batch * 2, 2, c, rows * frames))
        p = p.reshape(batch * 2, 2 * c, rows, frames)
        q = self._memory(p, torch.cat([f.conv1.weight, g.conv1.weight]))
        of_re, of_im = q.reshape(batch, 2, 2 * c, rows, frames).unbind(1)
        (fr, gr), (fi, gi) = of_re.chunk(2, 1), of_im.chunk(2, 1)
        xr, xi = x.chunk(2, 1)
        return torch.cat([xr - xi + fr - gi, xi + xr + fi + gr], 1)

    def _memory(self, p, taps):
        """p plus its causal depthwise filter along the axis; the last tap is the current position."""
        identity = torch.zeros_like(taps)
        identity[:, :, -1] = 1
        taps = taps + identity
        if self.axis == 3:
            return F.conv2d(F.pad(p, (self.order - 1, 0)), taps.transpose(2, 3), groups=p.shape[1])
        matrix = toeplitz(taps[:, 0, :, 0], p.shape[2])
        if self.direction == "down":
            matrix = matrix.transpose(1, 2)
        elif self.direction == "both":
            matrix = 0.5 * (matrix + matrix.transpose(1, 2))
        return torch.matmul(matrix, p)


def product(weights, x):
    """Matrix product over the channel axis of [..., C, N] for every leading index."""
    return torch.matmul(weights.expand(*x.shape[:-2], *weights.shape[-2:]), x)


def toeplitz(taps, size):
    """[C, size, size] with row s holding taps[c, order-1-(s-r)] at column r <= s. A matrix product along the short
    frequency axis is several times faster than a depthwise convolution, most of all backwards."""
    order = taps.shape[1]
    lag = torch.arange(size)[:, None] - torch.arange(size)
    index = torch.where((lag >= 0) & (lag < order), order - 1 - lag, torch.full_like(lag, order))
    return F.pad(taps, (0, 1))[:, index.to(taps.device)]


class SqueezeExcitation(nn.Module):
    """Gates from channel means: yr = R(mr) - I(mi), yi = R(mi) + I(mr), applied to each part on its own."""

    def __init__(self, channels, config):
        super().__init__()
        self.pooling, self.horizon = config["pooling"], config.get("pooling_horizon", 100)
        self.register_buffer("frozen", None, persistent=False)              # [2, C], from a file with frozen gains
        hidden = max(1, channels // config["reduction"])
        for name in () if self.pooling == "frozen" else ("fc_r", "fc_i"):
            self.add_module(name, nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(),
                                                nn.Linear(hidden, channels), nn.Sigmoid()))

    def forward(self, x):
        return x * self.gains(x).to(x.dtype)

    def gains(self, x):
        """[B, 2C, 1, T or 1]"""
        if self.pooling == "frozen":
            return self.frozen.reshape(1, -1, 1, 1)
        if self.pooling == "global":
            mean = precise(x).mean((2, 3))[:, None]                          # [B, 1, 2C]
        else:
            mean = running_mean(precise(x).mean(2).transpose(1, 2), self.horizon)
        mr, mi = mean.chunk(2, -1)
        yr = self.fc_r(mr) - self.fc_i(mi)
        yi = self.fc_r(mi) + self.fc_i(mr)
        return torch.cat([yr, yi], -1).transpose(1, 2)[:, :, None]


def running_mean(frames, horizon):
    """Cumulative mean over the frames of [B, T, C], whose memory stops growing after `horizon` frames, so that a stream
    never goes deaf: m += (x - m) / min(t + 1, horizon). As one product, in double precision also under autocast: frame
    t counts the first `horizon` alike and the later ones by their age."""
    t = torch.arange(frames.shape[1], device=frames.device, dtype=torch.float64)
    row, column = t[:, None], t[None]
    kept = 1 - 1 / horizon
    early = torch.where(row < horizon, 1 / (row + 1), kept ** (row - horizon + 1).clamp(0) / horizon)
    late = kept ** (row - column).clamp(0) / horizon
    weights = torch.where(column < horizon, early, late).tril()
    return (weights @ frames.double()).to(frames.dtype)
