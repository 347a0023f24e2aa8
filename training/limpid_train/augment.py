"""Random spectral shapes and what a room does to speech; everything draws from the generator it is given.
Signals and responses are float32 [N] at RATE."""
import numpy as np
from scipy import fft
from scipy.signal import fftconvolve

RATE = 16000
DIRECT = 8  # sample of a response where its direct sound is
EARLY = DIRECT + RATE // 20  # samples of a response up to 50 ms after its direct sound
CURVE = 1024  # steps of 8 Hz in which smooth curves are drawn, for a fifth of the time that all bins take


def random_equaliser(rng, bins, tilt_db, bump_db):
    """Smooth amplitude curve over [0, RATE/2]: a tilt in dB per octave around 1 kHz plus two broad bumps."""
    octaves = np.log2(np.maximum(np.linspace(0, RATE / 2, CURVE + 1), 50) / 1000)
    gain = rng.uniform(-tilt_db, tilt_db) * octaves
    for _ in range(2):
        centre, width = rng.uniform(-3, 3), rng.uniform(0.4, 1.5)
        gain += rng.uniform(-bump_db, bump_db) * np.exp(-0.5 * ((octaves - centre) / width) ** 2)
    curve = 10 ** (np.clip(gain, -24, 18) / 20)
    return np.interp(np.linspace(0, CURVE, bins), np.arange(CURVE + 1), curve).astype(np.float32)


def low_pass(rng, bins):
    """Curve that is 1 up to a cut-off of narrow-band material and falls to nothing within a few hundred hertz."""
    cut = rng.choice([3400, 4000, 4000, 5500, 6800])
    frequency = np.linspace(0, RATE / 2, bins)
    return (1 / (1 + np.exp(np.clip((frequency - cut + 60) / 25, -60, 60)))).astype(np.float32)


def reshape(signal, curve_of_bins, length):
    """Filters segments [..., N] and changes their speed so that they get `length` samples, with one pair of transforms."""
    spectrum = fft.rfft(signal)
    spectrum *= curve_of_bins(spectrum.shape[-1])
    scale = length / signal.shape[-1]
    return fft.irfft(spectrum[..., : length // 2 + 1], n=length) * np.float32(scale)


def from_direct_sound(response):
    """A measured response without what lies more than DIRECT samples before its direct sound, which is taken to be the first
    sample within 10 dB of the loudest one."""
    loud = np.abs(response)
    return response[max(0, int(np.argmax(loud >= loud.max() * 10 ** -0.5)) - DIRECT):]


def reverberate(speech, quiet, response):
    """Speech through the room, and the target: its quiet version through the room's first 50 ms. Both are moved back by
    as much as a response has before its direct sound."""
    wet = fftconvolve(speech, response)[DIRECT: DIRECT + len(speech)]
    early = fftconvolve(quiet, response[:EARLY])[DIRECT: DIRECT + len(speech)]
    return wet.astype(np.float32), early.astype(np.float32)


def active_level(signal):
    """RMS over the 20 ms frames within 30 dB of the loudest ones; 0 for silence."""
    frames = signal[: len(signal) // 320 * 320].reshape(-1, 320)
    energy = np.mean(frames ** 2, axis=1)
    loud = np.percentile(energy, 95)
    active = energy[energy > loud * 1e-3]
    return float(np.sqrt(active.mean())) if loud > 1e-10 and len(active) else 0.0
