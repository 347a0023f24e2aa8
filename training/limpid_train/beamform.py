"""Two classical beamformers that know more than they could in a real room: yardsticks for networks."""
import numpy as np
from scipy import fft
from scipy.signal import istft, stft

from .shoebox import RATE, SPEED

WINDOW = 1024                                             # samples, 75 % overlap
LOADING = 1e-6                                            # of the mean power, on the diagonal of the noise covariance


def delay_and_sum(noisy, mics, source, reference=0):
    """Mean of the channels [mic, sample] after each is moved to the reference by the true difference of the paths from
    `source` [3] to `mics` [mic, 3]."""
    path = np.sqrt(np.sum((np.asarray(mics) - np.asarray(source)) ** 2, axis=1))
    count = noisy.shape[1]
    size = fft.next_fast_len(count + 1024, real=True)
    ahead = (path - path[reference]) / SPEED
    turn = np.exp(2j * np.pi * np.arange(size // 2 + 1) * RATE / size * ahead[:, None])
    return fft.irfft(np.mean(fft.rfft(noisy, size) * turn, axis=0), n=size)[:count]


def mvdr(noisy, image, reference=0):
    """Minimum variance without distortion of `image`, the wanted part of `noisy`, both [mic, sample]. Covariances are
    the true ones of the whole file, per frequency; w = inv(N) S e / trace(inv(N) S) (Souden et al., TASLP 18, 2010)."""
    options = {"fs": RATE, "nperseg": WINDOW, "noverlap": 3 * WINDOW // 4}
    wanted, mixture = (stft(x, **options)[2] for x in (image, noisy))               # [mic, frequency, frame]
    rest = mixture - wanted
    speech, noise = (np.einsum("mft,nft->fmn", x, x.conj()) / x.shape[2] for x in (wanted, rest))
    power = np.trace(noise, axis1=1, axis2=2).real / len(noisy)
    noise = noise + (LOADING * power + 1e-20)[:, None, None] * np.eye(len(noisy))
    ratio = np.linalg.solve(noise, speech)
    weights = ratio[:, :, reference] / (np.trace(ratio, axis1=1, axis2=2)[:, None] + 1e-20)
    return istft(np.einsum("fm,mft->ft", weights.conj(), mixture), **options)[1][:noisy.shape[1]]
