"""Layers of DeFTAN-II. Sequences are [R, C, L]; planes are [B, C, T, F]; `past` marks what may not look ahead along T."""
import torch
from torch import nn
from torch.nn import functional as F

CHUNK = 16     # frames that training's form of the running attention takes at a time; it changes no result
K_LIMIT = 10.0  # a streaming key's exponent stays within this, which bounds the running state whatever comes


class Conv1d(nn.Conv1d):
    """Keeps the length: zeros on both sides, or all of them in front."""

    def __init__(self, inputs, outputs, kernel, past=False, dilation=1, bias=True):
        super().__init__(inputs, outputs, kernel, dilation=dilation, bias=bias)
        reach = dilation * (kernel - 1)
        self.around = (reach, 0) if past else (reach // 2, reach // 2)

    def forward(self, x):
        return super().forward(F.pad(x, self.around))


class Conv2d(nn.Conv2d):
    """3 x 3 on planes of the same size: zeros on both sides of F; of T as well, or all of them in front."""

    def __init__(self, inputs, outputs, past=False):
        super().__init__(inputs, outputs, 3)
        self.around = (1, 1, 2, 0) if past else (1, 1, 1, 1)

    def forward(self, x):
        return super().forward(F.pad(x, self.around))


class Norm(nn.Module):
    """Zero mean and unit variance over the axes `over`, then a gain and an offset per channel (axis 1).
    Over all axes but the first it is PyTorch's GroupNorm(1, C)."""

    def __init__(self, channels, over):
        super().__init__()
        self.over = over
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        mean = x.mean(self.over, keepdim=True)
        x = x - mean
        var = x.square().mean(self.over, keepdim=True)
        shape = (1, -1) + (1,) * (x.ndim - 2)
        return torch.addcmul(self.bias.view(shape), x * torch.rsqrt(var + 1e-5), self.weight.view(shape))


def norm1d(channels, past):
    """Over a whole sequence; over the channels of one position where the sequence is still growing."""
    return Norm(channels, (1,) if past else (1, 2))


def norm2d(channels, past):
    """Over a whole plane; over one frame of it where frames are still coming."""
    return Norm(channels, (1, 3) if past else (1, 2, 3))


class ChannelNorm(nn.Module):
    """Over the channels of each bin of a plane."""

    def __init__(self, channels):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x):
        x = x - x.mean(1, keepdim=True)
        var = x.square().mean(1, keepdim=True)
        return torch.addcmul(self.beta, x * torch.rsqrt(var + 1e-5), self.gamma)


class SplitDense(nn.Module):
    """Split dense block: G groups of D channels, each convolved together with the result of the one before it.
    `finish` False leaves the last stage a bare convolution and the others without norms: nothing pins the level then."""

    def __init__(self, width, groups, conv, norm, finish=True):
        super().__init__()
        self.blocks = nn.ModuleList()
        for g in range(groups):
            stage = nn.Module()
            stage.add_module("0", conv((1 if g == 0 else 2) * width, width))
            if finish:
                stage.add_module("1", norm(width))
            if finish or g < groups - 1:
                stage.add_module("2", nn.PReLU(width))
            self.blocks.append(stage)

    def forward(self, groups):
        """A list of [B, D, ...] -> [B, D, ...]"""
        result = None
        for stage, group in zip(self.blocks, groups):
            result = group if result is None else torch.cat([result, group], 1)
            for layer in stage.children():
                result = layer(result)
        return result


class PreNorm(nn.Module):
    def __init__(self, channels, fn):
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.fn = fn

    def forward(self, x):
        """[R, L, C]"""
        return self.fn(self.norm(x))


def softmax(x, axis):
    """PyTorch's own takes several times as long on short and on inner axes."""
    e = torch.exp(x - x.detach().amax(axis, keepdim=True))
    return e / e.sum(axis, keepdim=True)


class EfficientAttention(nn.Module):
    """Convolutional efficient attention: queries are normalised over features, keys over the sequence, and what lies
    between them is one matrix of features by features. With `past` it is a running mean that forgets: a key of age n
    counts decay^n."""

    def __init__(self, config, past):
        super().__init__()
        c, self.heads, self.width = config["channels"], config["heads"], config["head_width"]
        inner = self.heads * self.width
        self.cv_qk = nn.Sequential(Conv1d(c, 2 * c, 3, past, bias=False))
        self.to_q, self.to_k, self.to_v = (nn.Linear(c, inner, bias=False) for _ in range(3))
        self.to_out = nn.Sequential(nn.Linear(inner, c))
        if past:
            horizon = torch.logspace(1, 3, self.heads)                      # frames: 10 .. 1000
            self.decay = nn.Parameter(torch.log(horizon - 1))               # logit of 1 - 1 / horizon

    def forward(self, y):
        """[R, L, C]"""
        local = F.glu(self.cv_qk(y.transpose(1, 2)), dim=1).transpose(1, 2)
        q, k, v = (self._split(x) for x in (self.to_q(local), self.to_k(local), self.to_v(y)))
        q = softmax(q, -1)
        mixed = self._running(q, k, v) if hasattr(self, "decay") else q @ (softmax(k, -2).transpose(-1, -2) @ v)
        return self.to_out((mixed * self.width ** -0.5).transpose(1, 2).flatten(2))

    def _split(self, x):
        return x.unflatten(-1, (self.heads, self.width)).transpose(1, 2)    # [R, heads, L, width]

    def _running(self, q, k, v):
        """q diag(1/z_t) S_t with S_t = decay S_(t-1) + exp(k_t) v_t^T and z_t alike. For all t at once, in chunks: what
        a chunk's own keys give, and what the state at its beginning gives."""
        rows, heads, length, width = k.shape
        count = -(-length // CHUNK)
        q, e, v = (F.pad(x, (0, 0, 0, count * CHUNK - length)).view(rows, heads, count, CHUNK, width)
                   for x in (q, k.clamp(-K_LIMIT, K_LIMIT), v))
        e = torch.exp(e)                                                    # of the padding, too: it is in the future
        within, begin, end, between = self._weights(count)
        state = torch.einsum("hs,rhcsd,rhcse->rhcde", end, e, v)            # what each chunk leaves behind
        state = torch.einsum("hcb,rhbde->rhcde", between, state)            # and what all before it have left
        total = torch.einsum("hcb,hs,rhbsd->rhcd", between, end, e)
        z = torch.einsum("hts,rhcsd->rhctd", within, e) + begin[:, None, :, None] * total[..., None, :]
        q = q / z
        mixed = (q @ e.transpose(-1, -2) * within[:, None]) @ v + (q * begin[:, None, :, None]) @ state
        return mixed.flatten(2, 3)[:, :, :length]

    def _weights(self, count):
        """Of an age: [head, t, s] within a chunk, [head, t] from its beginning, [head, s] to its end, and
        [head, chunk, chunk] from the end of one to the beginning of a later one."""
        log = F.logsigmoid(self.decay)
        t, c = torch.arange(CHUNK, device=log.device), torch.arange(count, device=log.device)
        age, gap = t[:, None] - t, CHUNK * (c[:, None] - c - 1)
        return (torch.exp(log[:, None, None] * age.clamp(min=0)) * (age >= 0), torch.exp(log[:, None] * (t + 1)),
                torch.exp(log[:, None] * (CHUNK - 1 - t)), torch.exp(log[:, None, None] * gap.clamp(min=0)) * (gap >= 0))


class FeedForward(nn.Module):
    """Dual-path feed-forward network: one path looks at each position alone, the other at its surroundings."""

    def __init__(self, config, past, dilation):
        super().__init__()
        c, half = config["channels"], config["hidden"] // 2
        self.PW1 = nn.Sequential(nn.Linear(c, half), nn.GELU())
        self.PW2 = nn.Sequential(nn.Linear(c, half), nn.GELU())
        self.DW_Conv = nn.Sequential(Conv1d(half, half, 5, past, dilation), norm1d(half, past), nn.PReLU(half))
        self.PW3 = nn.Sequential(nn.Linear(2 * half, c))

    def forward(self, y):
        """[R, L, C]"""
        linear, gelu = self.PW2                                             # GELU last: the gradient of PyTorch 1.13's is
        around = self.DW_Conv(gelu(linear(y).transpose(1, 2))).transpose(1, 2)               # wrong where strides change
        return self.PW3(torch.cat([self.PW1(y), around], -1))
