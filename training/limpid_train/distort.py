"""What microphones, telephones and codecs do to a signal on its way: float32 [N] at 16 kHz in and out, of any level."""
import numpy as np
from scipy import signal


def clip(rng, x):
    """Cuts the peaks of an overdriven input, hard or soft."""
    limit = np.max(np.abs(x)) * rng.uniform(0.1, 0.7) + 1e-9
    return (np.clip(x, -limit, limit) if rng.random() < 0.7 else limit * np.tanh(x / limit)).astype(np.float32)


def companded(rng, x):
    """8-bit mu-law (ITU-T G.711) at a random headroom."""
    scale = (np.max(np.abs(x)) + 1e-9) * 10 ** (rng.uniform(0, 20) / 20)
    y = np.sign(x) * np.log1p(255 * np.abs(x) / scale) / np.log(256)
    y = np.round(y * 127) / 127
    return (np.sign(y) * np.expm1(np.abs(y) * np.log(256)) / 255 * scale).astype(np.float32)


def coded(rng, x):
    """What a transform codec at a low rate leaves: every band of every block is rounded to a few levels, weak ones
    vanish. The step follows the band's level and, as masking does, that of its louder neighbours."""
    _, _, spectrum = signal.stft(x, nperseg=512)
    edges = np.unique(np.round(np.geomspace(2, spectrum.shape[0], 22)).astype(int))
    starts = np.concatenate([[0], edges[:-1]])
    widths = np.diff(np.append(starts, spectrum.shape[0]))[:, None]
    energy = np.add.reduceat(np.abs(spectrum) ** 2, starts, axis=0) / widths
    spread = signal.fftconvolve(energy, np.array([0.03, 0.2, 1, 0.4, 0.1])[:, None], mode="same", axes=0).clip(1e-12)
    step = np.repeat(np.sqrt(spread) * 10 ** (rng.uniform(-14, 3) / 20), widths[:, 0], axis=0)
    rounded = step * (np.round(spectrum.real / step) + 1j * np.round(spectrum.imag / step))
    return np.resize(signal.istft(rounded, nperseg=512)[1], len(x)).astype(np.float32)


def gain_change(rng, length):
    """Gain over time of somebody moving, turning a knob, or of an automatic gain control: one change of up to 15 dB that
    takes between 5 ms and 1 s."""
    middle, span = rng.uniform(0, length), np.exp(rng.uniform(np.log(80), np.log(16000)))
    decibels = rng.uniform(-15, 15) / (1 + np.exp(-np.clip((np.arange(length) - middle) / span * 4, -50, 50)))
    return (10 ** (decibels / 20)).astype(np.float32)
