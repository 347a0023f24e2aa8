"""Analysis and synthesis: square-root Hann, half overlap, no scaling, a stream that starts in silence."""
import torch
from torch import nn
from torch.nn import functional as F


class Stft(nn.Module):
    """Frame t sees samples up to (t + 1) * hop; synthesis puts every sample back where it was."""

    def __init__(self, config):
        super().__init__()
        self.window_length = round(config["window"] * config["sample_rate"])
        self.hop = round(config["hop"] * config["sample_rate"])
        if self.window_length != 2 * self.hop:
            raise ValueError("the window must be two hops long")
        window = torch.hann_window(self.window_length, periodic=True, dtype=torch.float64).sqrt()
        self.register_buffer("window", window.float(), persistent=False)

    def forward(self, x):
        """[..., N] -> complex [..., F, T] with T = ceil(N / hop) + 1"""
        tail = -x.shape[-1] % self.hop + self.hop
        x = F.pad(x, (self.window_length - self.hop, tail))
        frames = x.unfold(-1, self.window_length, self.hop) * self.window   # [..., T, window]
        return torch.fft.rfft(frames).transpose(-1, -2)

    def inverse(self, spectrum, length):
        """complex [B, F, T] -> [B, length]"""
        frames = torch.fft.irfft(spectrum.transpose(1, 2), n=self.window_length) * self.window
        first, second = frames[..., :self.hop], frames[..., self.hop:]
        return (first[:, 1:] + second[:, :-1]).flatten(1)[:, :length]


def deep_filter(spectrum, masks):
    """Filters every bin along time: complex [B, F, T] and masks [B, taps, F, T], of which mask k is for the frame k
    earlier (Mack and Habets 2020). One tap is a complex ratio mask."""
    taps, frames = masks.shape[1], spectrum.shape[-1]
    past = F.pad(spectrum, (taps - 1, 0))
    return sum(masks[:, k] * past[..., taps - 1 - k:taps - 1 - k + frames] for k in range(taps))
