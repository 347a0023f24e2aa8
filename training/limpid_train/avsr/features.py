"""What the recogniser hears and sees: log-mel frames at 100 Hz, lip features at 25 Hz. models/avsr/features.cpp is its twin."""
import numpy as np
import torch

LIP_SIZE, LIP_FRAMES = 4, 4  # bands; audio frames in one video frame
LIP_EDGES = (100.0, 500.0, 1200.0, 2200.0, 3900.0)  # Hz
FLOOR = 1e-3  # of the mean power of an utterance: 30 dB


def mel_filters(bands, window, rate):
    """[bands, window/2 + 1]: triangles, evenly spaced on the mel scale 2595 log10(1 + f / 700) from 80 Hz to 0.4875 rate."""
    def mel(f):
        return 2595 * np.log10(1 + np.asarray(f) / 700)

    edges = 700 * (10 ** (np.linspace(mel(80.0), mel(0.4875 * rate), bands + 2) / 2595) - 1)
    bins = np.arange(window // 2 + 1) * rate / window
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


def spectra(audio, window, hop):
    """Power [B, T, window/2 + 1] of audio [B, T * hop] under a square root of a Hann window; frame t ends with sample (t + 1) hop,
    and before the audio there is silence."""
    padded = torch.nn.functional.pad(audio, (window - hop, 0))
    frames = padded.unfold(-1, window, hop)
    shape = torch.sin(torch.pi * torch.arange(window, dtype=audio.dtype) / window)
    return torch.fft.rfft(frames * shape).abs() ** 2


def levelled(power):
    """log(p + 0.001 mean p) of an utterance's powers [B, T, D], its mean over time taken away, halved: no level, no tilt."""
    x = torch.log(power + FLOOR * power.mean((1, 2), keepdim=True) + 1e-12)
    return 0.5 * (x - x.mean(1, keepdim=True))


def log_mel(audio, bands=32, window=240, hop=80, rate=8000):
    """[B, N] to [B, N // hop, bands]."""
    audio = audio[..., : audio.shape[-1] // hop * hop]
    filters = torch.from_numpy(mel_filters(bands, window, rate)).to(audio.dtype)
    return levelled(spectra(audio, window, hop) @ filters.T)


def synthetic_lips(clean, window=240, hop=80, rate=8000):
    """Stands in for a camera, [B, N] to [B, N // hop // 4, 4]: how much energy the clean speech has in four bands, averaged
    over 40 ms, smoothed over three video frames. What real lips show is related to it, and is not this."""
    clean = clean[..., : clean.shape[-1] // hop * hop]
    power = spectra(clean, window, hop)
    bins = torch.arange(window // 2 + 1) * rate / window
    bands = [power[..., (bins >= low) & (bins < high)].mean(-1) for low, high in zip(LIP_EDGES, LIP_EDGES[1:])]
    frames = torch.stack(bands, -1)
    count = frames.shape[1] // LIP_FRAMES
    x = levelled(frames[:, : count * LIP_FRAMES].unflatten(1, (count, LIP_FRAMES)).mean(2))
    edge = torch.cat([x[:, :1], x, x[:, -1:]], 1)
    return 0.25 * edge[:, :-2] + 0.5 * x + 0.25 * edge[:, 2:]
