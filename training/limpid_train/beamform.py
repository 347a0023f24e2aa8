"""Two classical beamformers that know more than they could in a real room, as a yardstick for networks:
python -m limpid_train.beamform DIR prints their SI-SDR on a set made by limpid_train.make_array_set."""
import argparse
import csv
import json
from pathlib import Path

import numpy as np
import soundfile
from scipy import fft
from scipy.signal import istft, stft

from .shoebox import RATE, SPEED
from .validation import si_sdr

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


def score_set(folder):
    """Rows (name, reference microphone, delay-and-sum, MVDR): SI-SDR in dB against the target."""
    folder, rows = Path(folder), []
    with open(folder / "set.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            noisy, image = (soundfile.read(folder / part / f"{row['name']}.wav", dtype="float32", always_2d=True)[0].T
                            for part in ("noisy", "image"))
            reference = int(row["reference"])
            estimates = (noisy[reference],
                         delay_and_sum(noisy, json.loads(row["mics"]), json.loads(row["talker"]), reference),
                         mvdr(noisy, image, reference))
            rows.append((row["name"], *(float(si_sdr(x.astype(np.float64), image[reference].astype(np.float64)))
                                        for x in estimates)))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    rows = score_set(parser.parse_args().folder)
    noisy, summed, oracle = np.array([row[1:] for row in rows]).mean(0)
    print(f"{len(rows)} files, mean SI-SDR in dB: reference microphone {noisy:.2f}, delay-and-sum {summed:.2f} "
          f"({summed - noisy:+.2f}), MVDR with true covariances {oracle:.2f} ({oracle - noisy:+.2f})")


if __name__ == "__main__":
    main()
