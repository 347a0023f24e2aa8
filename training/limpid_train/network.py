"""FRCRN, published and causal, from one configuration; tensor names are those of the official checkpoint."""
import torch
from torch import nn
from torch.nn import functional as F

from .layers import ComplexConv, ComplexConvTranspose, ComplexNorm, Fsmn, SqueezeExcitation, leaky, precise
from .spectrum import Stft


class Encoder(nn.Module):
    def __init__(self, inputs, outputs, kernel, lookahead):
        super().__init__()
        self.conv = ComplexConv(inputs, outputs, (kernel, 2), pad=(1, 1 if lookahead else 0))
        self.bn = ComplexNorm(outputs)

    def forward(self, x):
        return leaky(self.bn(self.conv(x)))


class Decoder(nn.Module):
    def __init__(self, inputs, outputs, kernel, lookahead):
        super().__init__()
        self.transconv = ComplexConvTranspose(inputs, outputs, (kernel, 2), lookahead)
        self.bn = ComplexNorm(outputs)

    def forward(self, x):
        return leaky(self.bn(self.transconv(x)))


class UNet(nn.Module):
    """Encoder, recurrence over time, decoder on tensors [B, 2C, F, T]."""

    def __init__(self, config):
        super().__init__()
        channels = config["channels"]
        self.depth = len(channels)
        inputs, outputs = [1] + channels[:-1], channels[-2::-1] + [1]
        for i in range(self.depth):
            width = channels[-1] if i == 0 else 2 * outputs[i - 1]
            self.add_module(f"encoder{i}", Encoder(inputs[i], channels[i], config["kernels"][i], config["lookahead"]))
            self.add_module(f"decoder{i}", Decoder(width, outputs[i], config["decoder_kernels"][i],
                                                   config["lookahead"]))
        self._add_recurrences(channels, outputs, config)
        self._add_gates(channels, outputs, config)
        self.linear = ComplexConv(1, 1, 1, stride=1, pad=(0, 0))

    def _add_recurrences(self, channels, outputs, config):
        """Along frequency before every encoder but the first and after every decoder but the last; along time between."""
        order = config["frequency_order"]
        for i in range(self.depth - 1 if order else 0):
            self.add_module(f"fsmn_enc{i + 1}", Fsmn(channels[i], order, 1, axis=2))
            self.add_module(f"fsmn_dec{i}", Fsmn(outputs[i], order, 1, axis=2))
        if config["time_order"]:
            self.fsmn = Fsmn(channels[-1], config["time_order"], config["time_layers"], axis=3)

    def _add_gates(self, channels, outputs, config):
        """On every skip connection, and on the decoders but the last two."""
        if config["pooling"] == "none":
            return
        for i in range(self.depth - 1):
            self.add_module(f"se_layer_enc{i}", SqueezeExcitation(channels[i], config))
        for i in range(self.depth - 2):
            self.add_module(f"se_layer_dec{i}", SqueezeExcitation(outputs[i], config))

    def _optional(self, name, x):
        return getattr(self, name)(x) if hasattr(self, name) else x

    def forward(self, x):
        skips = []
        for i in range(self.depth):
            x = getattr(self, f"encoder{i}")(self._optional(f"fsmn_enc{i}", x))
            skips.append(self._optional(f"se_layer_enc{i}", x))
        x = self._optional("fsmn", x)
        for i in range(self.depth):
            x = self._optional(f"fsmn_dec{i}", getattr(self, f"decoder{i}")(x))
            x = self._optional(f"se_layer_dec{i}", x)
            if i < self.depth - 1:
                x = join(x, skips[self.depth - 2 - i])
        return self.linear(x)


def join(p, e):
    """Concatenates complex channels, decoder first; both keep all real parts in front."""
    (pr, pi), (er, ei) = p.chunk(2, 1), e[..., :p.shape[-1]].chunk(2, 1)
    return torch.cat([pr, er, pi, ei], 1)


class Frcrn(nn.Module):
    """Waveform [B, N] in, enhanced waveform [B, N] out, aligned with it."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.stft = Stft(config)
        self.unet = UNet(config)
        if config["unets"] == 2:
            self.unet2 = UNet(config)

    def mask(self, spectrum):
        """complex [B, F, T] -> complex [B, F, T], each part within (-1, 1) per network"""
        x = torch.stack([spectrum.real, spectrum.imag], 1)                  # [B, 2, F, T]
        power = self.config["compression"]
        if power != 1:
            x = x * ((x * x).sum(1, keepdim=True) + 1e-12) ** ((power - 1) / 2)
        u = self.unet(x)
        m = torch.tanh(precise(u))
        if self.config["unets"] == 2:
            m = m + torch.tanh(precise(self.unet2(u)))
        return torch.complex(m[:, 0], m[:, 1])

    def gates(self):
        """Squeeze-excitation layers in the order of frozen gains: per network, encoders, then decoders."""
        nets = [self.unet] + ([self.unet2] if self.config["unets"] == 2 else [])
        return [getattr(net, f"se_layer_{side}{i}") for net in nets
                for side, count in (("enc", net.depth - 1), ("dec", net.depth - 2)) for i in range(count)]

    def forward(self, waveform):
        """What a stream gives: silence before the waveform, and after it while the look-ahead is still waiting."""
        frames = self.unet.depth * self.config["unets"] if self.config["lookahead"] else 0
        spectrum = self.stft(F.pad(waveform, (0, frames * self.stft.hop)))
        return self.stft.inverse(spectrum * self.mask(spectrum), waveform.shape[-1])

    def start_open(self):
        """Starts as a mild pass-through: the last stage's two parts are mostly positive, so turning them by -45 degrees
        makes masks of the right half-plane, which is where almost all useful masks lie."""
        last = getattr(self.unet, f"decoder{self.unet.depth - 1}").bn
        for part in (last.bn_re, last.bn_im):
            nn.init.constant_(part.weight, 0.3)
            nn.init.constant_(part.bias, 0.7)
        linear = self.unet.linear
        nn.init.constant_(linear.conv_re.weight, 0.5)
        nn.init.constant_(linear.conv_im.weight, -0.5)
        nn.init.constant_(linear.conv_re.bias, 0.05)
        nn.init.constant_(linear.conv_im.bias, -0.05)
