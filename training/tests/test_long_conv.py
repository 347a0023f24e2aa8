"""The long convolution against sums written out, and its gradients against differences."""
import unittest

import torch

from limpid_train.long_conv import long_conv, transform_size


def written_out(u, k, circular):
    y = torch.zeros_like(u)
    for t in range(u.shape[-1]):
        for j in range(k.shape[-1]):
            if circular or j <= t:
                y[..., t] += k[:, j] * u[..., (t - j) % u.shape[-1]]
    return y


def tensor(*shape, seed=1):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


class LongConv(unittest.TestCase):
    def test_equals_the_sum(self):
        for length in (1, 2, 3, 7, 16, 17, 31):
            for taps in (1, 2, 5, 16, 33, 70):
                for circular in (False, True):
                    u, k = tensor(2, 3, length), tensor(3, taps, seed=2)
                    torch.testing.assert_close(long_conv(u, k, circular=circular), written_out(u, k, circular))

    def test_gates_multiply_input_and_output(self):
        u, w, v, k = tensor(2, 3, 20), tensor(2, 3, 20, seed=3), tensor(2, 3, 20, seed=4), tensor(3, 9, seed=2)
        torch.testing.assert_close(long_conv(u, k, w, v), v * written_out(u * w, k, False))

    def test_the_future_has_no_influence(self):
        u, k = tensor(1, 1, 50), tensor(1, 80, seed=2)
        changed = u.clone()
        changed[..., 30:] += 1e6
        torch.testing.assert_close(long_conv(changed, k)[..., :30], long_conv(u, k)[..., :30], atol=1e-7, rtol=0)

    def test_gradients(self):
        inputs = [tensor(2, 2, 6, seed=1), tensor(2, 4, seed=2), tensor(2, 2, 6, seed=3), tensor(2, 2, 6, seed=4)]
        for value in inputs:
            value.requires_grad_()
        for circular in (False, True):
            self.assertTrue(torch.autograd.gradcheck(lambda *x: long_conv(*x, circular=circular), inputs))

    def test_single_precision_reaches_120_db_at_any_level(self):
        k = tensor(2, 3000, seed=2) / 50
        for level in (1, 1e-2, 1e-4):
            u = level * tensor(1, 2, 5000)
            want = long_conv(u, k)
            error = long_conv(u.float(), k.float()).double() - want
            self.assertGreater(10 * torch.log10(want.pow(2).sum() / error.pow(2).sum()).item(), 120)

    def test_sizes(self):
        self.assertEqual([transform_size(n) for n in (1, 2, 3, 5, 7, 9, 11, 1025)], [1, 2, 3, 5, 8, 10, 12, 1280])

    def test_shapes_that_do_not_fit_are_named(self):
        for u, k in ((tensor(2, 3, 8), tensor(2, 4)), (tensor(8), tensor(1, 4)), (tensor(1, 1, 8), tensor(1, 0))):
            with self.assertRaises(ValueError):
                long_conv(u, k)


if __name__ == "__main__":
    unittest.main()
