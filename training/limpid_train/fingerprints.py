"""Finds recordings that are there already, whatever codec, level or cut is between them: signs of how energies of neighbouring
bands and frames differ (Haitsma and Kalker, ISMIR 2002), 32 bits a frame."""
import numpy as np
from scipy import fft

from .augment import RATE

WINDOW, HOP = RATE // 4, RATE // 62                       # a window of so many hops that it matters little where it begins
LOWEST, HIGHEST, BANDS = 200, 4000, 33
COMMON = 50                                               # places of a word from which on it says nothing
TRIED = 3                                                 # of the likeliest places
ENOUGH, LEAST = 124, 24                                   # frames in a row that have to agree: two seconds, or all of what is shorter
ALIKE = 0.25                                              # share of wrong bits below which two are the same; chance is 0.5

EDGES = np.round(np.geomspace(LOWEST, HIGHEST, BANDS + 1) * WINDOW / RATE).astype(int)


def words(audio):
    """One 32-bit word a frame; nothing of what is shorter than two windows."""
    count = (len(audio) - WINDOW) // HOP + 1
    if count < 2:
        return np.zeros(0, np.uint32)
    frames = np.lib.stride_tricks.sliding_window_view(audio, WINDOW)[::HOP]
    energy = np.empty((len(frames), BANDS))
    window = np.hanning(WINDOW).astype(np.float32)
    for begin in range(0, len(frames), 256):              # a few at a time: they overlap, and would be large
        spectrum = fft.rfft(frames[begin: begin + 256] * window)[:, :EDGES[-1]]
        energy[begin: begin + 256] = np.add.reduceat(spectrum.real ** 2 + spectrum.imag ** 2, EDGES[:-1], axis=1)
    across = np.diff(energy, axis=1)
    bits = np.diff(across, axis=0) > 0
    return (bits * (1 << np.arange(BANDS - 1, dtype=np.uint64))).sum(1).astype(np.uint32)


class Known:
    """Recordings that others are compared with."""

    def __init__(self, recordings):
        """`recordings` are pairs of a name and what words() made of it."""
        self.names, parts = zip(*recordings) if recordings else ((), ())
        self.starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(int)
        self.all = np.concatenate([np.zeros(0, np.uint32), *parts])
        self.order = np.argsort(self.all, kind="stable")
        self.sorted = self.all[self.order]

    def _offsets(self, asked):
        """Where `asked` might begin in everything known, the likeliest first."""
        low, high = np.searchsorted(self.sorted, asked), np.searchsorted(self.sorted, asked, "right")
        said = [self.order[a:b] - i for i, (a, b) in enumerate(zip(low, high)) if 0 < b - a <= COMMON]
        if not said:
            return []
        places, votes = np.unique(np.concatenate(said), return_counts=True)
        return places[np.argsort(-votes, kind="stable")[:TRIED]]

    def heard(self, asked):
        """The name of a recording of which this one has a piece, or that has a piece of it; None where there is none."""
        for place in self._offsets(asked):
            file = np.searchsorted(self.starts, max(place, 0), "right") - 1
            begin, end = max(place, self.starts[file]), min(place + len(asked), self.starts[file + 1])
            if end - begin >= LEAST:
                wrong = wrong_bits(self.all[begin:end], asked[begin - place: end - place])
                if least_mean(wrong, min(ENOUGH, len(wrong))) < ALIKE * (BANDS - 1):
                    return self.names[file]
        return None


def wrong_bits(known, asked):
    """Of each frame; as many as by chance where nothing is heard, or silence would be like silence."""
    bits = np.unpackbits((known ^ asked).view(np.uint8)).reshape(-1, BANDS - 1).sum(1)
    return np.where((known == 0) | (asked == 0), (BANDS - 1) / 2, bits)


def least_mean(values, size):
    """The smallest mean of `size` values in a row."""
    sums = np.concatenate([[0], np.cumsum(values)])
    return (sums[size:] - sums[:-size]).min() / size
