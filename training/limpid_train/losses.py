"""What the network is trained on: signal-to-noise ratio, complex ratio mask, compressed spectrum, speech kept, loudness,
voice, what a larger network says. Waveforms are [B, N], spectra complex [B, F, T]; a loss is a number for each example, [B]."""
from functools import lru_cache

import torch
from torch.nn import functional as F

from .loudness import Loudness

FLOOR = 1e-3  # the ratio stops counting at 30 dB, so that easy examples do not dominate
SILENT_FLOOR = 1e-4  # noise alone is worth lowering by 40 dB


def snr_loss(estimate, target, noisy):
    """-SNR in dB, soft-limited at 30 dB. Where the target is silence, the energy left over relative to the
    input takes its place, which keeps the same scale, with a limit of 40 dB."""
    error = ((estimate - target) ** 2).sum(-1)
    power, reference = (target ** 2).sum(-1), (noisy ** 2).sum(-1)
    silent = power < 1e-6 * reference
    scale = torch.where(silent, reference, power) + 1e-8
    return 10 * torch.log10(error / scale + torch.where(silent, SILENT_FLOOR, FLOOR))


def si_snr_loss(estimate, target):
    """-SI-SNR in dB with the same soft limit; only meaningful where there is a target."""
    dot = (estimate * target).sum(-1, keepdim=True)
    projection = dot / ((target ** 2).sum(-1, keepdim=True) + 1e-8) * target
    error = ((estimate - projection) ** 2).sum(-1)
    power = (projection ** 2).sum(-1)
    return 10 * torch.log10((error + FLOOR * power + 1e-8) / (power + error + 1e-8))


def mask_loss(mask, noisy, target):
    """Mean squared error to the complex ideal ratio mask, limited to what tanh reaches and weighted towards bins that
    carry sound: the ideal mask of an empty bin is arbitrary."""
    ideal = target * noisy.conj() / (noisy.abs() ** 2 + 1e-8)
    ideal = torch.complex(ideal.real.clamp(-1, 1), ideal.imag.clamp(-1, 1))
    weight = noisy.abs() ** 0.3
    return (weight * (mask - ideal).abs() ** 2).mean((1, 2)) / (weight.mean((1, 2)) + 1e-5)


def compressed(spectrum, exponent):
    """|X|^exponent with the phase kept, and the magnitude alone."""
    magnitude = (spectrum.real ** 2 + spectrum.imag ** 2 + 1e-7).sqrt()
    return spectrum * magnitude ** (exponent - 1), magnitude ** exponent


def spectrum_losses(estimate, target, noisy, exponent=0.3):
    """Squared errors of compressed complex and magnitude spectra, relative to the level of the noisy input; and the part
    of the second where speech was taken away, which is what listeners forgive least (Wang et al. 2020, asymmetric
    loss)."""
    level = (noisy.abs() ** 2).mean((1, 2), keepdim=True).sqrt() + 1e-5
    ec, em = compressed(estimate / level, exponent)
    tc, tm = compressed(target / level, exponent)
    complex_part = ((ec - tc).real ** 2 + (ec - tc).imag ** 2).mean((1, 2))
    return 0.5 * complex_part + 0.5 * ((em - tm) ** 2).mean((1, 2)), (torch.relu(tm - em) ** 2).mean((1, 2))


def speech_frames(target):
    """Whether each frame of a clean spectrum [B, F, T] carries speech, [B, T]: within 35 dB of its loud frames, or two
    frames beside such a one."""
    power = (target.abs() ** 2).sum(1)
    loud = torch.quantile(power, 0.95, dim=1, keepdim=True)
    active = ((power > loud * 10 ** -3.5) & (power > 1e-7)).float()
    return F.max_pool1d(active[:, None], 5, 1, 2)[:, 0]


@lru_cache
def loudness_on(device):
    return Loudness().to(device)


def total_loss(network, noisy, target, weights, autocast, teacher=None):
    """Weighted sum and its parts, averaged over a batch of waveforms [B, N]; of an array, `noisy` is [B, M, N] and its
    first microphone the reference. `teacher` is a trained network with the same transform and one microphone, whose
    estimate is a second target."""
    spectrum, wanted = network.stft(noisy), network.stft(target)
    with autocast:
        estimate, masks, voice = network.estimate(spectrum)
    if noisy.ndim == 3:
        noisy, spectrum = noisy[:, 0], spectrum[:, 0]
    waveform = network.stft.inverse(estimate, noisy.shape[-1])
    spectral, lost = spectrum_losses(estimate, wanted, spectrum)
    parts = {"snr": snr_loss(waveform, target, noisy).mean(), "spectrum": spectral.mean(), "lost": lost.mean()}
    if teacher is not None:
        with torch.no_grad(), autocast:
            told = teacher.estimate(spectrum)[0]
        parts["teacher"] = spectrum_losses(estimate, told, spectrum)[0].mean()
    if weights.get("mask"):
        parts["mask"] = mask_loss(masks[:, 0], spectrum, wanted).mean()
    if voice is not None:
        parts["voice"] = F.binary_cross_entropy_with_logits(voice, speech_frames(wanted))
    speech = (target ** 2).sum(-1) > 1e-6 * (noisy ** 2).sum(-1)
    if weights.get("loudness"):
        parts["loudness"] = (loudness_on(waveform.device)(waveform, target) * speech).mean()
    if weights.get("si_snr"):
        parts["si_snr"] = (si_snr_loss(waveform, target) * speech).mean()
    return sum(weights[name] * value for name, value in parts.items() if weights.get(name)), parts
