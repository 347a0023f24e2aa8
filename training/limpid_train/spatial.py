"""Fields whose coherence between microphones is that of sound arriving from everywhere."""
import numpy as np
from scipy import fft


def diffuse_coherence(mics, frequencies, speed=343.0):
    """Coherence [frequency, mic, mic] of a spherically isotropic field: sin(k d) / (k d) (Cook et al., JASA 27, 1955)."""
    spacing = np.sqrt(np.sum((mics[:, None] - mics[None]) ** 2, axis=2))
    return np.sinc(2 * np.asarray(frequencies)[:, None, None] * spacing / speed)


def diffuse_spectra(independent, mics, rate, speed=343.0):
    """Spectra [mic, bin] of independent signals [mic, size] mixed to be diffuse: in every bin by the Cholesky factor of
    the coherence (Habets, Cohen & Gannot, JASA 124, 2008). Powers stay as they are when all signals have the same."""
    spectra = fft.rfft(independent)
    if len(mics) == 1:
        return spectra
    frequencies = np.arange(spectra.shape[1]) * rate / independent.shape[1]
    coherence = diffuse_coherence(mics, frequencies, speed) + 1e-5 * np.eye(len(mics))   # it is singular at 0 Hz
    return np.einsum("fij,jf->if", np.linalg.cholesky(coherence), spectra)
