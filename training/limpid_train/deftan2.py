"""DeFTAN-II, published and causal, from one configuration; tensor names are those of the official checkpoint.

Lee, Choi: "DeFTAN-II: efficient multichannel speech enhancement with subgroup processing", IEEE/ACM TASLP 32, 2024.
The causal family keeps its blocks and replaces what needs the future: convolutions along time see the past alone, norms
over time become norms over one frame or one bin, attention along time becomes a mean that forgets, and the level is a
running one. Its output is a filter over the microphones, or the spectrum itself, that no norm pins to one level.
"""
import torch
from torch import nn
from torch.nn import functional as F

from .deftan2_layers import ChannelNorm, Conv1d, Conv2d, EfficientAttention, FeedForward, PreNorm, SplitDense, norm1d, norm2d
from .spectrum import Stft


class Block(nn.Module):
    """Along frequency, then along time: x += deconvolution(feed-forward(attention(split dense(unfolded norm(x)))))."""

    def __init__(self, config, index):
        super().__init__()
        c, self.unfold = config["channels"], config["unfold"]
        self.causal = config["causal"]
        for axis in "FT":
            past = self.causal and axis == "T"
            self.add_module(f"{axis}_norm", ChannelNorm(c))
            self.add_module(f"{axis}_inv", SplitDense(c, self.unfold, lambda i, o, p=past: Conv1d(i, o, 3, p),
                                                      lambda d, p=past: norm1d(d, p)))
            self.add_module(f"{axis}_att", PreNorm(c, EfficientAttention(config, past)))
            self.add_module(f"{axis}_ffw", PreNorm(c, FeedForward(config, past, 2 ** index)))
            self.add_module(f"{axis}_linear", nn.ConvTranspose1d(c, c, self.unfold))

    def forward(self, x):
        batch, c, frames, bins = x.shape
        rows = self.F_norm(x).permute(0, 2, 1, 3).reshape(batch * frames, c, bins)
        x = x + self._half("F", rows).reshape(batch, frames, c, bins).permute(0, 2, 1, 3)
        rows = self.T_norm(x).permute(0, 3, 1, 2).reshape(batch * bins, c, frames)
        return x + self._half("T", rows).reshape(batch, bins, c, frames).permute(0, 2, 3, 1)

    def _half(self, axis, y):
        """[R, C, L] -> [R, C, L]. Unfolding is a shift: group j of a position is the sequence j positions on, or, where
        the future is out of reach, unfold - 1 - j positions back."""
        inverse, attention, forward, linear = (getattr(self, f"{axis}_{n}") for n in ("inv", "att", "ffw", "linear"))
        length, past = y.shape[-1], self.causal and axis == "T"
        if past:
            y = F.pad(y, (self.unfold - 1, 0))
        count = y.shape[-1] - self.unfold + 1
        z = inverse([y[..., j:j + count] for j in range(self.unfold)]).transpose(1, 2)
        z = z + attention(z)
        z = z + forward(z)
        return linear(z.transpose(1, 2))[..., :length]


class Network(nn.Module):
    """Planes of real and imaginary parts in, [B, 2M, T, F]; planes of the output out, [B, outputs, T, F]."""

    def __init__(self, config):
        super().__init__()
        c, groups, causal = config["channels"], config["heads"], config["causal"]
        self.groups = groups
        outputs = output_planes(config)
        conv, norm = lambda i, o: Conv2d(i, o, causal), lambda d: norm2d(d, causal)
        self.up_conv = nn.ModuleList([Conv2d(2 * config["microphones"], c * groups, causal), norm(c * groups),
                                      SplitDense(c, groups, conv, norm)])
        self.blocks = nn.ModuleList([Block(config, i) for i in range(config["layers"])])
        self.down_conv = nn.ModuleList([Conv2d(c, outputs * groups, causal),
                                        SplitDense(outputs, groups, conv, norm, finish=not causal)])

    def forward(self, x):
        conv, norm, split = self.up_conv
        x = split(self._grouped(norm(conv(x))))
        for block in self.blocks:
            x = block(x)
        conv, split = self.down_conv
        return split(self._grouped(conv(x)))

    def _grouped(self, x):
        """Groups are interleaved: g, g + G, g + 2G, ..."""
        return [x[:, g::self.groups] for g in range(self.groups)]


def output_planes(config):
    """Real and imaginary part of the spectrum, or of a weight for each microphone."""
    return 2 * config["microphones"] if config.get("output") == "filter" else 2


class Deftan2(Network):
    """Waveforms [B, M, N] in, the enhanced first microphone [B, N] out, aligned with it."""

    # Nothing depends on absolute frequency: training on the lower half of the spectrum may come first.
    grows, gains, keeps = ("layers",), (), ("sample_rate",)

    def __init__(self, config):
        super().__init__(config)
        self.config = config
        self.stft = Stft(config)

    def forward(self, waveform):
        return self._stream(waveform) if self.config["causal"] else self._whole(waveform)

    def _whole(self, waveform):
        """As published, but for digital silence, which the published code turns into NaN and this into silence."""
        window, hop, count = self.stft.window_length, self.stft.hop, waveform.shape[-1]
        rest = window - (hop + count % window) % window                     # 1 .. window
        x = F.pad(waveform, (hop, rest + hop))
        level = x.std((1, 2), keepdim=True)
        x = x / torch.where(level > 0, level, torch.ones_like(level))
        hann = (self.stft.analysis ** 2).to(x.dtype)
        spectrum = torch.stft(x.flatten(0, 1), window, hop, window=hann, return_complex=True)
        spectrum = spectrum.unflatten(0, x.shape[:2]).transpose(2, 3)       # [B, M, T, F]
        re, im = super().forward(torch.view_as_real(spectrum).movedim(-1, 2).flatten(1, 2)).unbind(1)
        output = torch.istft(torch.complex(re, im).transpose(1, 2), window, hop, window=hann, length=x.shape[-1])
        return output[:, hop:hop + count] * level[:, 0]

    def _stream(self, waveform):
        """What a stream gives: silence before the waveform."""
        return self.stft.inverse(self.estimate(self.stft(waveform))[0], waveform.shape[-1])

    def estimate(self, spectrum):
        """Of the causal family: spectrum [B, M, F, T] of all microphones -> the output's [B, F, T], and, as other
        networks have them, masks and voice: None."""
        spectrum = spectrum.transpose(2, 3)
        level = self._level(spectrum)                                       # [B, T, 1]
        spectrum = spectrum / level[:, None]
        planes = torch.view_as_real(self._seen(spectrum)).movedim(-1, 2).flatten(1, 2)
        result = torch.view_as_complex(super().forward(planes).unflatten(1, (-1, 2)).movedim(2, -1).contiguous())
        if self.config["output"] == "filter":
            result = result * spectrum
        return (result.sum(1) * level).transpose(1, 2), None, None

    def _seen(self, spectrum):
        """What the network is shown: magnitudes compressed, and with "relative" input all phases less that of the first
        microphone, so that the filter follows from how microphones differ and turns with what they have in common."""
        power = spectrum.real ** 2 + spectrum.imag ** 2 + 1e-12
        seen = spectrum * power ** ((self.config.get("compression", 1) - 1) / 2)
        if self.config.get("input") == "relative":
            seen = seen * (spectrum[:, :1].conj() * power[:, :1] ** -0.5)
        return seen

    def _level(self, spectrum):
        """Root of the mean power so far, in a mean whose memory stops growing after `level_horizon` frames."""
        power, levels = spectrum.abs().square().mean((1, 3)), []            # [B, T]
        mean = torch.zeros_like(power[:, 0])
        for t in range(power.shape[1]):
            mean = mean + (power[:, t] - mean) / min(t + 1, self.config["level_horizon"])
            levels.append(mean)
        return torch.sqrt(torch.stack(levels, 1) + 1e-6)[..., None]

    def residual_ends(self):
        """Names of the tensors that make what a block adds to its input."""
        return [f"blocks.{i}.{axis}_linear.{what}" for i in range(len(self.blocks)) for axis in "FT" for what in ("weight", "bias")]

    def places(self, *_):
        """Rows of a smaller network are always the first ones."""

    def start_open(self):
        """A filter starts as the first microphone passed through."""
        if self.config.get("output") == "filter":
            last = self.down_conv[1].blocks[-1]._modules["0"]
            with torch.no_grad():
                last.weight.mul_(0.1)
                last.bias.zero_()
                last.bias[0] = 1
