"""Scores on fixed mixtures of the valid split, cheap enough to be run during training."""
import numpy as np
import torch

from .mixing import Mixer


def si_sdr(estimate, reference):
    """Scale-invariant signal-to-distortion ratio in dB, means removed; the last axis is time."""
    estimate = estimate - estimate.mean(-1, keepdims=True)
    reference = reference - reference.mean(-1, keepdims=True)
    scale = (estimate * reference).sum(-1, keepdims=True) / ((reference ** 2).sum(-1, keepdims=True) + 1e-12)
    target = scale * reference
    noise = estimate - target
    return 10 * np.log10(((target ** 2).sum(-1) + 1e-12) / ((noise ** 2).sum(-1) + 1e-12))


def fixed_mixtures(corpus, bank, seed, count=64, seconds=4, kind=Mixer):
    """The same noisy and target waveforms for every run with this seed."""
    return kind(corpus, bank, seconds).batch(np.random.default_rng((seed, 10 ** 9)), count)


def enhance(network, noisy, batch=16):
    """Waveforms [N, samples] through a network in evaluation mode."""
    device = next(network.parameters()).device
    with torch.no_grad():
        return np.concatenate([network(torch.as_tensor(part, device=device)).cpu().numpy()
                               for part in np.split(noisy, range(batch, len(noisy), batch))])


def validate(network, mixtures):
    """SI-SDR gained on mixtures; SI-SDR kept on clean speech; attenuation of noise alone. Of what there is none among the
    mixtures, nothing is said."""
    noisy, target = mixtures
    output = enhance(network, noisy)
    if noisy.ndim == 3:
        noisy = noisy[:, 0]
    power = (target ** 2).sum(-1)
    silent = power < 1e-6 * (noisy ** 2).sum(-1)
    clean = ~silent & (((noisy - target) ** 2).sum(-1) < 1e-6 * power)
    mixed = ~silent & ~clean
    gain = si_sdr(output[mixed], target[mixed]) - si_sdr(noisy[mixed], target[mixed])
    ratio = 10 * np.log10((noisy[silent] ** 2).sum(-1) / ((output[silent] ** 2).sum(-1) + 1e-12))
    found = {"valid_gain": gain, "valid_sdr": si_sdr(output[mixed], target[mixed]),
             "valid_clean": si_sdr(output[clean], target[clean]), "valid_attenuation": ratio}
    return {name: round(float(values.mean()), 3) for name, values in found.items() if len(values)}
