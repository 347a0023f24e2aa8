"""How differently two signals sound: the disturbances of ITU-T P.862 (PESQ), as Martin-Donas et al. 2018 made a training loss of
them. What the standard tabulates by band comes from the formulas behind the tables here, and nothing is aligned in time, so
this follows PESQ without being it."""
import torch
from torch import nn

RATE, SIZE, HOP, BANDS = 16000, 512, 256, 49
LISTENING = 2e8                                           # power of speech at the ear, 1 being 0 dB SPL in a band
SONES = 0.1866                                            # of P.862's loudness
STRETCH = 20                                              # frames: 320 ms, half of which overlap


def bark(frequency):
    """Critical-band rate, by Traunmueller 1990."""
    return 26.81 * frequency / (1960 + frequency) - 0.53


def hearing_threshold(frequency):
    """Power that is just heard in quiet, by Terhardt 1979."""
    f = frequency / 1000
    return 10 ** ((3.64 * f ** -0.8 - 6.5 * torch.exp(-0.6 * (f - 3.3) ** 2) + 1e-3 * f ** 4) / 10)


class Loudness(nn.Module):
    """Of an estimate beside its target, waveforms [B, N] at 16 kHz, the disturbance [B] in points of opinion, about: 0 for equal
    signals, of any level. Not meaningful where the target is silence."""

    def __init__(self):
        super().__init__()
        frequency = torch.arange(SIZE // 2 + 1) * RATE / SIZE
        edges = torch.linspace(bark(torch.tensor(20.0)), bark(torch.tensor(8000.0)) + 1e-3, BANDS + 1)
        place = torch.bucketize(bark(frequency), edges) - 1               # -1: below what is heard
        bank = (place[None] == torch.arange(BANDS)[:, None]).float()
        used = bank.sum(1) > 0
        middle = (0.5 * (edges[1:] + edges[:-1]))[used]
        high_pass = (frequency / 100) ** 4 / (1 + (frequency / 100) ** 4)
        self.constants(bank=bank[used] * high_pass, window=torch.hann_window(SIZE),
                       speech=((frequency > 325) & (frequency < 3250)).float(),
                       threshold=hearing_threshold(1960 * (middle + 0.53) / (26.28 - middle))[:, None],
                       exponent=0.23 * (6 / (middle + 2)).clamp(1, 2)[:, None] ** 0.15)
        self.width = float(edges[-1] - edges[0]) / len(middle)

    def constants(self, **values):
        for name, value in values.items():
            self.register_buffer(name, value, persistent=False)

    def forward(self, estimate, target):
        heard, wanted = self.bands(estimate), self.bands(target)
        silent = self.audible(wanted, 100).sum(1, keepdim=True) < 1e-3 * LISTENING
        colour = ((self.mean(heard, silent) + 1000) / (self.mean(wanted, silent) + 1000)).clamp(0.01, 100)
        wanted = colour * wanted                                          # a change of timbre that stays is soon not heard
        gain = (self.audible(wanted, 1).sum(1, keepdim=True) + 5e3) / (self.audible(heard, 1).sum(1, keepdim=True) + 5e3)
        gain = torch.cat([gain[..., :1], 0.8 * gain[..., 1:] + 0.2 * gain[..., :-1]], -1)
        heard = gain.clamp(3e-4, 5) * heard
        return self.opinion(heard, wanted)

    def bands(self, x):
        """Waveforms -> power of critical bands [B, band, frame] at listening level."""
        spectrum = torch.stft(x, SIZE, HOP, window=self.window, center=False, return_complex=True)
        power = spectrum.real ** 2 + spectrum.imag ** 2
        level = (power * self.speech[:, None]).sum(1).mean(-1)[:, None, None]
        return self.bank @ power * (LISTENING / (level + 1e-9))

    def audible(self, power, factor):
        return power * (power > self.threshold * factor)

    def mean(self, power, silent):
        return (self.audible(power, 100) * ~silent).mean(-1, keepdim=True)

    def loudness(self, power):
        loud = (2 * self.threshold) ** self.exponent * ((0.5 + 0.5 * power / self.threshold) ** self.exponent - 1)
        return SONES * loud.clamp(min=0)

    def opinion(self, heard, wanted):
        """P.862 section 10.2.8 on: what is added costs more than what is missing, and the worst moments count most."""
        a, b = self.loudness(heard), self.loudness(wanted)
        difference = a - b
        excess = (difference.abs() - 0.25 * torch.minimum(a, b)).clamp(min=0)
        added = ((heard + 50) / (wanted + 50)) ** 1.2
        added = torch.where(added < 3, 0, added.clamp(max=12))
        bands = excess.shape[1]
        symmetric = self.width * bands ** 0.5 * (excess ** 2).sum(1).add(1e-12).sqrt()
        asymmetric = self.width * (excess * added).sum(1)
        weight = ((self.audible(wanted, 1).sum(1) + 1e5) / 1e7) ** 0.04
        return sum(cost * self.worst((d / weight).clamp(max=45)) for cost, d in ((0.1, symmetric), (0.0309, asymmetric)))

    @staticmethod
    def worst(disturbance):
        """[B, frame] -> [B]: norm 6 within stretches, 2 over them."""
        stretches = disturbance.unfold(-1, min(STRETCH, disturbance.shape[-1]), STRETCH // 2)
        return ((stretches ** 6).mean(-1) + 1e-12).pow(1 / 3).mean(-1).sqrt()
