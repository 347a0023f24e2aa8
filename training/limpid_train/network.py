"""FRCRN, published and causal, from one configuration; tensor names are those of the official checkpoint."""
import torch
from torch import nn
from torch.nn import functional as F

from .layers import ComplexConv, ComplexConvTranspose, ComplexNorm, Fsmn, SqueezeExcitation, leaky, precise
from .level_features import level_features
from .spectrum import Stft, deep_filter


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
    """Encoder, recurrence over time, decoder on tensors [B, 2C, F, T]; [B, 2 taps, F, T] comes out."""

    def __init__(self, config):
        super().__init__()
        channels = config["channels"]
        self.depth = len(channels)
        taps = config.get("taps", 1)
        first = 2 if config.get("level_horizon") else 1
        inputs, outputs = [first] + channels[:-1], channels[-2::-1] + [taps]
        for i in range(self.depth):
            width = channels[-1] if i == 0 else 2 * outputs[i - 1]
            self.add_module(f"encoder{i}", Encoder(inputs[i], channels[i], config["kernels"][i], config["lookahead"]))
            self.add_module(f"decoder{i}", Decoder(width, outputs[i], config["decoder_kernels"][i],
                                                   config["lookahead"]))
        self._add_recurrences(channels, outputs, config)
        self._add_gates(channels, outputs, config)
        self.linear = ComplexConv(taps, taps, 1, stride=1, pad=(0, 0))

    def _add_recurrences(self, channels, outputs, config):
        """Along frequency before every encoder but the first and after every decoder but the last; along time between."""
        order, direction = config["frequency_order"], config.get("frequency_direction", "up")
        for i in range(self.depth - 1 if order else 0):
            self.add_module(f"fsmn_enc{i + 1}", Fsmn(channels[i], order, 1, 2, direction))
            self.add_module(f"fsmn_dec{i}", Fsmn(outputs[i], order, 1, 2, direction))
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
        """The output and the bottleneck [B, 2C, F', T] it was made from."""
        skips = []
        for i in range(self.depth):
            x = getattr(self, f"encoder{i}")(self._optional(f"fsmn_enc{i}", x))
            skips.append(self._optional(f"se_layer_enc{i}", x))
        bottleneck = x = self._optional("fsmn", x)
        for i in range(self.depth):
            x = self._optional(f"fsmn_dec{i}", getattr(self, f"decoder{i}")(x))
            x = self._optional(f"se_layer_dec{i}", x)
            if i < self.depth - 1:
                x = join(x, skips[self.depth - 2 - i])
        return self.linear(x), bottleneck


def join(p, e):
    """Concatenates complex channels, decoder first; both keep all real parts in front."""
    (pr, pi), (er, ei) = p.chunk(2, 1), e[..., :p.shape[-1]].chunk(2, 1)
    return torch.cat([pr, er, pi, ei], 1)


class Frcrn(nn.Module):
    """Waveform [B, N] in, enhanced waveform [B, N] out, aligned with it."""

    grows, gains, keeps = ("taps",), ("voice", "level_horizon"), ()
    full_precision = ()

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.taps = config.get("taps", 1)
        if self.taps > 1 and (config["unets"] != 1 or config["lookahead"]):
            raise ValueError("taps need one causal network")
        self.stft = Stft(config)
        self.unet = UNet(config)
        if config["unets"] == 2:
            self.unet2 = UNet(config)
        if config.get("voice"):
            self.voice = nn.Linear(2 * config["channels"][-1], 1)

    def features(self, x):
        """The planes of a spectrum [B, 2, F, T] -> compressed; [B, 4, F, T] with how loud its bins are."""
        power, exponent = (x * x).sum(1, keepdim=True), self.config["compression"]
        if exponent != 1:
            x = x * (power + 1e-12) ** ((exponent - 1) / 2)
        horizon = self.config.get("level_horizon", 0)
        return join(x, level_features(power, horizon)) if horizon else x

    def planes(self, x):
        """The planes of a spectrum [B, 2, F, T] -> those of the masks [B, 2 taps, F, T], each within (-1, 1) per network;
        and the bottleneck."""
        u, bottleneck = self.unet(self.features(x))
        m = torch.tanh(precise(u))
        if self.config["unets"] == 2:
            m = m + torch.tanh(precise(self.unet2(u)[0]))
        return m, bottleneck

    def masks(self, spectrum):
        """complex [B, F, T] -> complex [B, taps, F, T], each part within (-1, 1) per network; and the logits [B, T] of
        speech being present, or None."""
        m, bottleneck = self.planes(torch.stack([spectrum.real, spectrum.imag], 1))
        voice = None
        if self.config.get("voice"):
            voice = self.voice(precise(bottleneck).mean(2).transpose(1, 2))[..., 0]
        return torch.complex(m[:, :self.taps], m[:, self.taps:]), voice

    def estimate(self, spectrum):
        """The enhanced spectrum, with what it was made by."""
        masks, voice = self.masks(spectrum)
        return deep_filter(spectrum, masks), masks, voice

    def gates(self):
        """Squeeze-excitation layers in the order of frozen gains: per network, encoders, then decoders."""
        nets = [self.unet] + ([self.unet2] if self.config["unets"] == 2 else [])
        return [getattr(net, f"se_layer_{side}{i}") for net in nets
                for side, count in (("enc", net.depth - 1), ("dec", net.depth - 2)) for i in range(count)]

    def forward(self, waveform):
        """What a stream gives: silence before the waveform, and after it while the look-ahead is still waiting."""
        frames = self.unet.depth * self.config["unets"] if self.config["lookahead"] else 0
        spectrum = self.stft(F.pad(waveform, (0, frames * self.stft.hop)))
        return self.stft.inverse(self.estimate(spectrum)[0], waveform.shape[-1])

    def residual_ends(self):
        """Names of the tensors that hear what `level_horizon` adds to the input. What else is new starts at nothing anyway."""
        return [f"unet.encoder0.conv.conv_{part}.weight" for part in ("re", "im")]

    def places(self, *_):
        """Rows of a smaller network are always the first ones."""

    def start_open(self):
        """Starts as a mild pass-through: the last stage's two parts are mostly positive, so turning them by -45 degrees
        makes masks of the right half-plane, which is where almost all useful masks lie. Further taps start at nothing,
        and so does the voice output: what it is made from may be large."""
        if self.config.get("voice"):
            nn.init.zeros_(self.voice.weight)
            nn.init.zeros_(self.voice.bias)
        last = getattr(self.unet, f"decoder{self.unet.depth - 1}").bn
        for part in (last.bn_re, last.bn_im):
            nn.init.constant_(part.weight, 0.3)
            nn.init.constant_(part.bias, 0.7)
        for conv, weight, bias in ((self.unet.linear.conv_re, 0.5, 0.05), (self.unet.linear.conv_im, -0.5, -0.05)):
            nn.init.zeros_(conv.weight)
            nn.init.zeros_(conv.bias)
            with torch.no_grad():
                conv.weight[0, 0], conv.bias[0] = weight, bias


class BetweenTransforms(nn.Module):
    """What a network computes between the transforms, for timing and for exports that know no complex numbers: planes
    [B, 2, F, T] to those of the masks [B, 2 taps, F, T]; the voice output is left out."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network.planes(x)[0]
