"""The steady filter is the least-squares filter that it says it is, hears no later frames, and cannot be loud where the network is not."""
import unittest

import torch

from limpid_train.longconv import LongConv
from limpid_train.steady import LIMIT, LOADING, SHARE, steadied, steady_filter
from make_test_vectors import LONGCONV_ARRAY, randomise_array


def noise(*shape, seed=1):
    return torch.randn(*shape, dtype=torch.complex128, generator=torch.Generator().manual_seed(seed))


class Steady(unittest.TestCase):
    def test_it_is_the_least_squares_filter(self):
        x, s, frames, horizon, at = noise(1, 3, 2, 50), noise(1, 2, 50, seed=2), 2, 30, 41
        made = steady_filter(x, s, frames, horizon)
        for f in range(2):
            late = torch.nn.functional.pad(x[0, :, f], (1, 0))[:, :-1]
            z = torch.cat([x[0, :, f], late])[:, :at + 1]                       # [6, frames]
            age = torch.sqrt((1 - 1 / horizon) ** torch.arange(at, -1, -1, dtype=torch.float64))
            load = LOADING * (age * z).abs().square().sum() / len(z)
            rows = torch.cat([(age * z).mH, torch.sqrt(load) * torch.eye(len(z))])
            wanted = torch.cat([(age * s[0, f, :at + 1]).conj(), torch.zeros(len(z))])
            w = torch.linalg.lstsq(rows, wanted[:, None]).solution[:, 0]
            self.assertLess(float((made[0, f, at] - (w.conj() * z[:, at]).sum()).abs()), 1e-9)

    def test_it_hears_no_later_frames(self):
        x, s = noise(1, 3, 4, 30), noise(1, 4, 30, seed=2)
        torch.testing.assert_close(steady_filter(x, s, 3, 20)[..., :17], steady_filter(x[..., :17], s[..., :17], 3, 20))

    def test_it_is_as_quiet_as_the_estimate(self):
        x, s = noise(1, 3, 4, 60), noise(1, 4, 60, seed=2)
        s[..., 40:] *= 1e-4                                                     # a pause, in which it would pass the noise on
        made = steadied(x, s, 3, 50)
        self.assertLessEqual(float((made[..., 40:].abs() / s[..., 40:].abs()).max()), 1 - SHARE + SHARE * LIMIT + 1e-6)
        self.assertGreater(float((made - s)[..., :40].abs().mean()), 0.1)

    def test_a_network_has_it_where_its_configuration_says_so(self):
        plain = randomise_array(LongConv(LONGCONV_ARRAY), 3)
        with_it = LongConv({**LONGCONV_ARRAY, "steady_frames": 2, "steady_horizon": 30})
        with_it.load_state_dict(plain.state_dict())
        x = torch.randn(1, LONGCONV_ARRAY["microphones"], 3200, generator=torch.Generator().manual_seed(1)) * 0.1
        with torch.no_grad():
            spectrum = plain.stft(x)
            wanted = steadied(spectrum, plain.estimate(spectrum)[0], 2, 30)
            torch.testing.assert_close(with_it.estimate(spectrum)[0], wanted)
            self.assertGreater(float((wanted - plain.estimate(spectrum)[0]).abs().max()), 1e-3)


if __name__ == "__main__":
    unittest.main()
