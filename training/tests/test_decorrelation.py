"""The decorrelation loss against its definition, and the rotation of the causal test."""
import math
import unittest

import torch

from limpid_train.decorrelation import Decorrelation, cosines, decorrelation_loss, rotate_toward


def states(layers=4, batch=2, tokens=5, width=6, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(batch, tokens, width, dtype=torch.float64, generator=generator) for _ in range(layers)]


class Loss(unittest.TestCase):
    def test_gradient_is_the_formula_and_matches_differences(self):
        hidden = [h.requires_grad_() for h in states()]
        decorrelation_loss(hidden).backward()
        for layer in (1, 2):
            h = hidden[layer].detach()
            weight = 1 / (2 * 2 * 4)  # layers, batch, tokens
            want = torch.zeros_like(h)
            for b in range(2):
                u = h[b, 0] / h[b, 0].norm()
                for j in range(1, 5):
                    v = h[b, j] / h[b, j].norm()
                    c = u @ v
                    want[b, j] += 2 * weight * c * (u - c * v) / h[b, j].norm()
                    want[b, 0] += 2 * weight * c * (v - c * u) / h[b, 0].norm()
            torch.testing.assert_close(hidden[layer].grad, want)
        self.assertIsNone(hidden[0].grad)
        self.assertIsNone(hidden[3].grad)
        self.assertTrue(torch.autograd.gradcheck(lambda *h: decorrelation_loss([states()[0], *h, states()[3]]),
                                                 [h.detach().requires_grad_() for h in hidden[1:3]]))

    def test_one_where_all_point_the_same_way_and_zero_where_none_does(self):
        first = states()[1][:, :1]
        same = torch.cat([first, -3 * first, 0.1 * first], 1)
        self.assertAlmostEqual(decorrelation_loss([same] * 4).item(), 1, places=12)
        eye = torch.eye(4, dtype=torch.float64)[None]
        self.assertEqual(decorrelation_loss([eye] * 3).item(), 0)

    def test_lengths_of_states_do_not_matter(self):
        hidden = states()
        scaled = [h * torch.rand(2, 5, 1, dtype=torch.float64).add(0.1) for h in hidden]
        self.assertAlmostEqual(decorrelation_loss(hidden).item(), decorrelation_loss(scaled).item(), places=12)

    def test_first_and_last_layer_and_padding_do_not_count(self):
        hidden = states()
        use = torch.tensor([[True, True, True, False, False], [True] * 5])
        want = decorrelation_loss(hidden, use)
        hidden[0], hidden[3] = hidden[0] + 1, hidden[3] + 1
        for h in hidden:
            h[0, 3:] = 77.0
        self.assertEqual(decorrelation_loss(hidden, use), want)
        self.assertTrue(use[0, 0], "the caller's mask stays as it is")
        by_hand = sum((cosines(h)[0, 1:3] ** 2).sum() + (cosines(h)[1, 1:] ** 2).sum() for h in hidden[1:3]) / 6 / 2
        self.assertAlmostEqual(want.item(), by_hand.item(), places=12)

    def test_a_step_along_the_gradient_lowers_it(self):
        hidden = [h.requires_grad_() for h in states()]
        before = Decorrelation(10.0)(hidden)
        before.backward()
        after = 10 * decorrelation_loss([h if h.grad is None else h - 0.01 * h.grad for h in hidden])
        self.assertLess(after.item(), before.item())

    def test_too_few_layers_are_refused(self):
        with self.assertRaises(ValueError):
            decorrelation_loss(states(layers=2))


class Rotation(unittest.TestCase):
    def test_turns_in_the_plane_by_a_share_of_the_angle(self):
        state, target = states()[0][0], states()[1][0]
        angle = torch.acos(torch.cosine_similarity(state, target, dim=-1))
        for share in (0.0, 0.3, 1.0):
            turned = rotate_toward(state, target, share)
            torch.testing.assert_close(turned.norm(dim=-1), state.norm(dim=-1))
            torch.testing.assert_close(torch.acos(torch.cosine_similarity(turned, target, dim=-1).clamp(-1, 1)),
                                       (1 - share) * angle, atol=1e-6, rtol=0)
        torch.testing.assert_close(rotate_toward(state, target, 0.0), state)

    def test_without_a_plane_the_state_stays(self):
        state = torch.tensor([3.0, 4.0])
        for target in (2 * state, -state, torch.zeros(2)):
            torch.testing.assert_close(rotate_toward(state, target, 0.5), state)
        self.assertAlmostEqual(rotate_toward(state, torch.tensor([-4.0, 3.0]), 0.5).norm().item(), 5, places=5)
        self.assertFalse(math.isnan(rotate_toward(torch.zeros(2), state, 0.5).sum().item()))


if __name__ == "__main__":
    unittest.main()
