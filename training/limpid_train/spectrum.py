"""Analysis and synthesis: square-root Hann, half overlap, no scaling, a stream that starts in silence. "analysis_window" is
longer than "window" where frames are made from earlier samples as well, which resolves finer frequencies at the same delay
(Mauler and Martin 2007, "A low delay, variable resolution, perfect reconstruction spectral analysis-synthesis system")."""
import torch
from torch import nn
from torch.nn import functional as F


def transform_size(config):
    """Samples that a frame is made from."""
    return round(config.get("analysis_window", config["window"]) * config["sample_rate"])


class Stft(nn.Module):
    """Frame t sees samples up to (t + 1) * hop; synthesis puts every sample back where it was."""

    def __init__(self, config):
        super().__init__()
        self.window_length, self.size = round(config["window"] * config["sample_rate"]), transform_size(config)
        self.hop = round(config["hop"] * config["sample_rate"])
        if self.window_length != 2 * self.hop:
            raise ValueError("the window must be two hops long")
        if self.size < self.window_length or self.size % self.window_length:      # as the library asks for
            raise ValueError("the analysis window must be 2, 4, ... hops long")
        for name, window in zip(("analysis", "synthesis"), self.windows()):
            self.register_buffer(name, window.float(), persistent=False)

    def windows(self):
        """Of analysis, [size], and synthesis, [window], in double precision. Only the rise of the first is longer; the second
        makes up for it, so that their products are Hann windows."""
        rise = torch.hann_window(2 * (self.size - self.hop), periodic=True, dtype=torch.float64)[:self.size - self.hop]
        hann = torch.hann_window(self.window_length, periodic=True, dtype=torch.float64)
        analysis = torch.cat([rise, hann[self.hop:]]).sqrt()
        return analysis, hann / analysis[-self.window_length:].clamp_min(1e-12)

    def forward(self, x):
        """[..., N] -> complex [..., F, T] with T = ceil(N / hop) + 1"""
        tail = -x.shape[-1] % self.hop + self.hop
        x = F.pad(x, (self.size - self.hop, tail))
        frames = x.unfold(-1, self.size, self.hop) * self.analysis          # [..., T, size]
        return torch.fft.rfft(frames).transpose(-1, -2)

    def inverse(self, spectrum, length):
        """complex [B, F, T] -> [B, length]"""
        frames = torch.fft.irfft(spectrum.transpose(1, 2), n=self.size)[..., -self.window_length:] * self.synthesis
        first, second = frames[..., :self.hop], frames[..., self.hop:]
        return (first[:, 1:] + second[:, :-1]).flatten(1)[:, :length]


def deep_filter(spectrum, masks):
    """Filters every bin along time: complex [B, F, T] and masks [B, taps, F, T], of which mask k is for the frame k
    earlier (Mack and Habets 2020). One tap is a complex ratio mask."""
    taps, frames = masks.shape[1], spectrum.shape[-1]
    past = F.pad(spectrum, (taps - 1, 0))
    return sum(masks[:, k] * past[..., taps - 1 - k:taps - 1 - k + frames] for k in range(taps))
