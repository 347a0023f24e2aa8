"""Attention of every kind: identities that tie kinds to each other, masks, positions, gradients."""
import math
import unittest

import torch

from limpid_train.attention import KINDS, NORMALISED, attention_map, decay_slopes, rotate, visible

HEADS, LENGTH, WIDTH = 2, 12, 6


def tensor(*shape, seed=1):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def given(kind):
    """What a kind needs besides queries and keys."""
    return {"sink_logit": {"sink": tensor(HEADS, 1, seed=5)}, "key_bias": {"sink": tensor(HEADS, 1, WIDTH, seed=5)},
            "sigmoid": {"window": 8}, "linear_decay": {"slope": decay_slopes(HEADS)[:, None, None].double()}}.get(kind, {})


def weights(kind, q, k, **more):
    return attention_map(q, k, kind, more.pop("seen", visible(q.shape[-2])), **{**given(kind), **more})


class Attention(unittest.TestCase):
    def setUp(self):
        self.q, self.k = tensor(HEADS, LENGTH, WIDTH), tensor(HEADS, LENGTH, WIDTH, seed=2)

    def test_what_is_not_seen_has_weight_zero(self):
        for seen in (visible(LENGTH), visible(LENGTH, window=4), visible(LENGTH, window=4, sinks=2)):
            for kind in KINDS:
                a = weights(kind, self.q, self.k, seen=seen)
                self.assertTrue(torch.isfinite(a).all(), kind)
                self.assertEqual(a[:, ~seen].abs().max(), 0, kind)

    def test_rows_of_normalised_kinds_sum_to_one_and_those_with_a_sink_to_less(self):
        for kind in KINDS:
            mass = weights(kind, self.q, self.k).sum(-1)
            if kind in NORMALISED:
                torch.testing.assert_close(mass, torch.ones_like(mass))
            elif kind in ("softmax1", "sink_logit", "key_bias"):
                self.assertTrue((mass < 1).all() and (mass > 0).all(), kind)

    def test_sink_kinds_agree(self):
        softmax1 = weights("softmax1", self.q, self.k)
        zero = torch.zeros(HEADS, 1, dtype=torch.float64)
        torch.testing.assert_close(weights("sink_logit", self.q, self.k, sink=zero), softmax1)
        torch.testing.assert_close(weights("key_bias", self.q, self.k, sink=torch.zeros(HEADS, 1, WIDTH)), softmax1)
        torch.testing.assert_close(weights("sink_logit", self.q, self.k, sink=zero - 1e3), weights("softmax", self.q, self.k))

    def test_key_bias_is_one_more_key_without_a_value(self):
        extra = tensor(HEADS, 1, WIDTH, seed=5)
        longer = torch.cat([extra, self.k], 1)
        seen = torch.cat([torch.ones(LENGTH, 1, dtype=torch.bool), visible(LENGTH)], 1)
        torch.testing.assert_close(weights("key_bias", self.q, self.k),
                                   attention_map(self.q, longer, "softmax", seen)[..., 1:])

    def test_sigmoid_at_zero_has_the_mass_of_its_bias(self):
        zero = torch.zeros(64, WIDTH, dtype=torch.float64)
        mass = attention_map(zero, zero, "sigmoid", visible(64), window=64).sum(-1)
        self.assertAlmostEqual(mass[-1].item(), 64 / 65, places=12)

    def test_weights_of_free_kinds_do_not_compete(self):
        changed = self.k.clone()
        changed[:, 3] += 1
        for kind in KINDS:
            moved = (weights(kind, self.q, changed) - weights(kind, self.q, self.k)).abs().amax((0, 1)) > 1e-12
            self.assertEqual(moved.sum().item() == 1, kind in ("sigmoid", "elu1", "linear_decay"), kind)

    def test_lssa_written_out(self):
        for kind in ("lssa", "lssar"):
            want = torch.zeros(LENGTH, LENGTH, dtype=torch.float64)
            q, k = self.q[0], self.k[0]
            for i in range(LENGTH):
                n = i + 1
                row = [math.log1p(math.exp(math.log(WIDTH) * math.log(n)
                                           * (q[i] @ k[j] / (q[i].norm() * k[j].norm())).item())) for j in range(n)]
                row = [x / sum(row) for x in row]
                if kind == "lssar":
                    row = [max(0.0, x * n - (1 if n > 3 else 0)) ** 3 for x in row]
                    row = [x / sum(row) for x in row]
                want[i, :n] = torch.tensor(row, dtype=torch.float64)
            torch.testing.assert_close(weights(kind, self.q, self.k)[0], want)

    def test_lssar_of_equal_scores_is_nothing(self):
        """Nothing is above the mean, and rounding must not say otherwise."""
        for dtype in (torch.float32, torch.float64):
            a = weights("lssar", self.q.to(dtype), self.k[:, :1].expand_as(self.k).to(dtype))
            self.assertEqual(a[:, 3:].abs().max().item(), 0)

    def test_linear_decay_is_its_recurrence(self):
        v, decay = tensor(HEADS, LENGTH, WIDTH, seed=3), torch.exp(-decay_slopes(HEADS).double())
        y = weights("linear_decay", self.q, self.k) @ v
        state = torch.zeros(HEADS, WIDTH, WIDTH, dtype=torch.float64)
        for t in range(LENGTH):
            state = decay[:, None, None] * state + self.k[:, t, :, None] * v[:, t, None, :]
            torch.testing.assert_close(y[:, t], (self.q[:, t, None, :] @ state)[:, 0])

    def test_rotary_positions_are_relative(self):
        near, far = torch.arange(LENGTH), torch.arange(LENGTH) + 10 ** 7
        for kind in ("softmax", "sigmoid"):
            torch.testing.assert_close(weights(kind, self.q, self.k, positions=near),
                                       weights(kind, self.q, self.k, positions=far), atol=1e-8, rtol=0)
        torch.testing.assert_close(rotate(self.q, near).norm(dim=-1), self.q.norm(dim=-1))

    def test_gradients(self):
        q, k = self.q[:, :5].clone().requires_grad_(), self.k[:, :5].clone().requires_grad_()
        for kind in KINDS:
            self.assertTrue(torch.autograd.gradcheck(lambda a, b: weights(kind, a, b, positions=torch.arange(5)), (q, k)), kind)

    def test_unknown_kinds_are_named(self):
        with self.assertRaisesRegex(ValueError, "softmin"):
            weights("softmin", self.q, self.k)


if __name__ == "__main__":
    unittest.main()
