"""LongConv: gated long convolutions over STFT frames. The spectrum is cut into bands (Luo and Yu 2023, "Music source
separation with band-split RNN"); every band remembers seconds by the operator of Hyena (Poli et al. 2023) with one set of
implicit, decaying filters, a bottleneck over all bands exchanges what they found, and every band makes its masks. Of an
array it hears the first microphone, and how each other one differs from it, whose frames ("other_taps" of them, one where that is
not said) join the output by masks of their own."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from .gated_conv import ShortConv, gated_conv
from .layers import precise, running_mean
from .level_features import level_features
from .spectrum import Stft, deep_filter
from .steady import steadied


class ImplicitFilters(nn.Module):
    """[channels, taps]: a small network of the time since, under exponential windows of 20 ms to a third of the reach.
    Windows have the sum 1, so that a filter's gain does not depend on how long it remembers (Poli et al., section 3.3)."""

    def __init__(self, channels, taps, hidden, frequencies=8):
        super().__init__()
        self.taps = taps
        time = torch.arange(taps) / taps
        angle = 2 * math.pi * time[:, None] * 2.0 ** torch.arange(frequencies) / 2
        self.register_buffer("position", torch.cat([time[:, None], angle.cos(), angle.sin()], 1), persistent=False)
        self.first = nn.Linear(2 * frequencies + 1, hidden)
        self.second = nn.Linear(hidden, channels)
        self.log_decay = nn.Parameter(-torch.linspace(math.log(2.0), math.log(taps / 3), channels))

    def forward(self):
        shape = self.second(torch.sin(self.first(self.position))).T          # [channels, taps]
        frames = torch.arange(self.taps, device=shape.device, dtype=shape.dtype)
        window = torch.exp(-frames * torch.exp(self.log_decay)[:, None])
        return shape * window / window.sum(1, keepdim=True)


class LongMemory(nn.Module):
    """y = q * (h conv (k * v)) over the frames of every band, on [T, B, G, C]; q, k and v see the last few frames."""

    def __init__(self, config):
        super().__init__()
        channels, inner = config["channels"], config["memory"]
        self.norm = nn.LayerNorm(channels)
        self.short = nn.Parameter(torch.zeros(config["short_taps"], channels))  # the last tap is the present frame
        self.inputs = nn.Linear(channels, 3 * inner)
        self.filters = ImplicitFilters(inner, config["long_taps"], config["filter_hidden"])
        self.outputs = nn.Linear(inner, channels)
        with torch.no_grad():
            self.short[-1] = 1

    def forward(self, x):
        n = ShortConv.apply(self.norm(x), self.short)
        rows = n.flatten(0, -2).T                                              # [C, T * B * G]: channels come out first
        p = torch.addmm(self.inputs.bias[:, None], self.inputs.weight, rows)
        z = gated_conv(precise(p).view(3, -1, len(x), rows.shape[1] // len(x)), self.filters())
        return x + self.outputs(z.flatten(1).T).view_as(x)


class FeedForward(nn.Module):
    """x + W2 gelu(W1 norm(x)); `flat`: over all channels of all bands at once, else in every band alike."""

    def __init__(self, channels, width, hidden):
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.inputs, self.outputs = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.flat = width != channels

    def forward(self, x):
        n = self.norm(x)
        y = self.outputs(F.gelu(self.inputs(n.flatten(2) if self.flat else n)))
        return x + y.view_as(x)


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        channels = config["channels"]
        self.memory = LongMemory(config)
        self.exchange = FeedForward(channels, channels * len(config["bands"]), config["exchange"])
        self.refine = FeedForward(channels, channels, config["hidden"])

    def forward(self, x):
        return self.refine(self.exchange(self.memory(x)))


def between_microphones(spectrum, horizon):
    """complex [B, M, F, T] -> [T, B, M - 1, F, 4]: how every microphone differs from the first. With C = X_m conj(X_0), the
    phase of C in this frame, and the coherence: the mean of C over `horizon` frames by those of both powers."""
    first, others = spectrum[:, :1], spectrum[:, 1:]
    cross = others * first.conj()
    now = cross / (cross.abs() + 1e-9)

    def mean(p):
        return running_mean(p.flatten(0, 1).transpose(1, 2), horizon).transpose(1, 2).unflatten(0, p.shape[:2])

    powers = mean(first.real ** 2 + first.imag ** 2) * mean(others.real ** 2 + others.imag ** 2)
    scale = (powers + 1e-18).rsqrt()
    parts = [now.real, now.imag, mean(cross.real) * scale, mean(cross.imag) * scale]
    return torch.stack(parts, -1).permute(3, 0, 1, 2, 4)


def rows_of_masks(config, width, taps, others, other_taps):
    """Which rows of the masks of a band of `width` bins, in a network of `config`, are those of the first `taps` of the first
    microphone and the first `other_taps` of the `others`, counted from 0. Planes are real parts, then imaginary ones, of the
    first microphone's taps, then of those of the others, each of as many rows as its band has bins."""
    all_others, deep = config.get("microphones", 1) - 1, config.get("other_taps", 1)
    planes = [part * config["taps"] + tap for part in (0, 1) for tap in range(taps)]
    planes += [2 * config["taps"] + (part * all_others + other) * deep + tap
               for part in (0, 1) for other in others for tap in range(other_taps)]
    return [plane * width + row for plane in planes for row in range(width)]


class LongConv(nn.Module):
    """Waveform [B, N] in, or [B, M, N] of an array, enhanced waveform [B, N] out, aligned with the (first) input."""

    grows, gains = ("blocks", "hidden", "exchange", "taps", "microphones", "other_taps"), ("voice", "coherence_horizon")
    keeps = ("steady_frames", "steady_horizon")                                 # they change what becomes of the masks' output
    full_precision = (".memory.",)                                              # few weights, whose rounding is heard first

    def __init__(self, config):
        super().__init__()
        self.config, self.taps, self.bands = config, config["taps"], config["bands"]
        self.stft = Stft(config)
        channels, microphones = config["channels"], config.get("microphones", 1)
        self.others, self.other_taps = microphones - 1, config.get("other_taps", 1)
        self.planes_of_masks = self.taps + self.others * self.other_taps          # complex ones
        self.split = nn.ModuleList(nn.Linear(4 * microphones * width, channels) for width in self.bands)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config["blocks"]))
        self.norm = nn.LayerNorm(channels)
        self.masks_of = nn.ModuleList(nn.Linear(channels, 2 * self.planes_of_masks * width) for width in self.bands)
        if config.get("voice"):
            self.voice = nn.Linear(channels, 1)

    def features(self, x):
        """The planes of a spectrum [B, 2, F, T] -> [T, B, F, 4]: how loud each bin is beside the whole spectrum and beside its
        past, and the compressed spectrum at unit level in every frame."""
        power = (x * x).sum(1)
        whole, own = level_features(power[:, None], self.config["level_horizon"]).unbind(1)
        squeezed = (power + 1e-12) ** -0.25                                   # |X|^-1/2
        scale = squeezed / (power.sqrt().mean(1, keepdim=True) + 1e-6).sqrt()
        return torch.stack([whole, own, x[:, 0] * scale, x[:, 1] * scale], -1).permute(2, 0, 1, 3)

    def planes(self, x, between=None):
        """The planes of a spectrum [B, 2, F, T], and what is between_microphones -> those of the masks [B, 2 taps, F, T], each
        within (-1, 1), those of other microphones behind; and the bands [T, B, G, C] that they were made from."""
        x = self.features(x)[:, :, None]                                       # [T, B, M, F, 4]
        pieces = (x if between is None else torch.cat([x, between], 2)).split(self.bands, 3)
        x = torch.stack([layer(piece.flatten(2)) for layer, piece in zip(self.split, pieces)], 2)
        for block in self.blocks:
            x = block(x)
        x = precise(self.norm(x))
        parts = [layer(band).unflatten(-1, (2 * self.planes_of_masks, -1)) for band, layer in zip(x.unbind(2), self.masks_of)]
        return torch.tanh(precise(torch.cat(parts, -1))).permute(1, 2, 3, 0), x

    def masks(self, spectrum):
        """complex [B, F, T], or [B, M, F, T] -> complex [B, taps + (M - 1) other_taps, F, T], all of one microphone together, each
        part within (-1, 1); and the logits [B, T] of speech being present, or None."""
        between = None
        if self.others:
            between, spectrum = between_microphones(spectrum, self.config["coherence_horizon"]), spectrum[:, 0]
        m, bands = self.planes(torch.stack([spectrum.real, spectrum.imag], 1), between)
        voice = self.voice(bands.mean(2))[..., 0].T if self.config.get("voice") else None
        sides = [torch.complex(*part.chunk(2, 1)) for part in m.split([2 * self.taps, 2 * (self.planes_of_masks - self.taps)], 1)]
        return torch.cat(sides, 1), voice

    def estimate(self, spectrum):
        """The enhanced spectrum, with what it was made by."""
        masks, voice = self.masks(spectrum)
        if not self.others:
            return deep_filter(spectrum, masks), masks, voice
        parts = masks.split([self.taps] + self.others * [self.other_taps], 1)
        estimate = sum(deep_filter(x, part) for x, part in zip(spectrum.unbind(1), parts))
        if frames := self.config.get("steady_frames"):
            estimate = steadied(spectrum, estimate, frames, self.config["steady_horizon"])
        return estimate, masks, voice

    def forward(self, waveform):
        """What a stream gives: silence before the waveform."""
        return self.stft.inverse(self.estimate(self.stft(waveform))[0], waveform.shape[-1])

    def hidden_matrices(self):
        """What Muon may optimise: the products between layers of a block."""
        for block in self.blocks:
            for part in block.children():
                yield from (part.inputs.weight, part.outputs.weight)

    def residual_ends(self):
        """Names of the tensors that make what a block adds to its input; and of those that other microphones extend, so that
        they begin as nothing."""
        ends = [f"split.{i}.weight" for i in range(len(self.bands))]
        ends += [f"masks_of.{i}.{what}" for i in range(len(self.bands)) for what in ("weight", "bias")]
        return ends + [f"blocks.{i}.{part}.outputs.{what}" for i, block in enumerate(self.blocks)
                for part, _ in block.named_children() for what in ("weight", "bias")]

    def places(self, name, config):
        """Which rows of a tensor are those of a smaller network, where they are not the first ones."""
        if not name.startswith("masks_of."):
            return None
        others = range(config.get("microphones", 1) - 1)
        return rows_of_masks(self.config, self.bands[int(name.split(".")[1])], config["taps"], others, config.get("other_taps", 1))

    def start_open(self):
        """Starts as a mild pass-through with a residual path that is nearly open: tap 0 near 0.6, the others near 0; and the
        voice output, whose input may be large, at nothing."""
        with torch.no_grad():
            if self.config.get("voice"):
                self.voice.weight.zero_()
                self.voice.bias.zero_()
            for block in self.blocks:
                for part in block.children():
                    part.outputs.weight.mul_(1 / math.sqrt(3 * len(self.blocks)))
            for layer in self.masks_of:
                layer.weight.mul_(0.3)
                layer.bias.zero_()[:layer.out_features // (2 * self.planes_of_masks)] = 0.7
