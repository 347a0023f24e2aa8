"""Muon's updates are orthogonal, of AdamW's size, and reach the directions that gradients hardly show."""
import tempfile
import unittest

import torch

from limpid_train.longconv import LongConv
from limpid_train.master import Master
from limpid_train.muon import Muon, orthogonalise
from limpid_train.optimisers import Optimisers
from make_test_vectors import LONGCONV

OPTIONS = {"lr": 1e-3, "muon_lr": 2e-3, "weight_decay": 0.1}


class Orthogonal(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)

    def test_singular_values_come_close_to_one_and_vectors_stay(self):
        for shape in ((2, 5, 40), (3, 40, 5), (1, 16, 16), (1, 1, 7)):
            m = torch.randn(shape)
            u, _, v = torch.linalg.svd(m, full_matrices=False)
            got = u.transpose(1, 2) @ orthogonalise(m) @ v.transpose(1, 2)
            values = got.diagonal(dim1=1, dim2=2)
            self.assertGreater(float(values.min()), 0.6)
            self.assertLess(float(values.max()), 1.3)
            self.assertLess(float((got - torch.diag_embed(values)).abs().max()), 1e-4)

    def test_nothing_stays_nothing(self):
        self.assertEqual(float(orthogonalise(torch.zeros(2, 3, 4)).abs().max()), 0)

    def test_an_update_has_the_size_of_the_rate(self):
        p = torch.nn.Parameter(torch.zeros(24, 60))
        optimiser = Muon([p], lr=0.01)
        p.grad = torch.randn(24, 60) * 1e-6  # whatever the gradient's own size
        optimiser.step()
        self.assertAlmostEqual(float(p.detach().pow(2).mean().sqrt()), 0.2 * 0.01, delta=0.0004)

    def test_descends_where_one_direction_dominates(self):
        target = torch.randn(6, 9)
        scale = torch.logspace(0, -3, 9)
        p = torch.nn.Parameter(torch.zeros(6, 9))
        optimiser = Muon([p])
        for step in range(300):
            p.grad = ((p - target) * scale).detach()
            optimiser.param_groups[0]["lr"] = 0.3 * (1 - step / 300)
            optimiser.step()
        self.assertLess(float((p.detach() - target).abs().max()), 0.1)

    def test_only_matrices(self):
        with self.assertRaises(ValueError):
            Muon([torch.nn.Parameter(torch.zeros(3))])


class Parts(unittest.TestCase):
    def test_every_weight_has_one_optimiser(self):
        network = LongConv(LONGCONV)
        taken = [p for optimiser, _ in Optimisers(network, OPTIONS).parts
                 for group in optimiser.param_groups for p in group["params"]]
        self.assertEqual(sorted(map(id, taken)), sorted(map(id, network.parameters())))
        self.assertEqual(len(Optimisers(network, {**OPTIONS, "muon_lr": 0}).parts), 1)

    def test_a_network_without_matrices_for_it_says_so(self):
        with self.assertRaises(ValueError):
            Optimisers(torch.nn.Linear(2, 2), OPTIONS)

    @staticmethod
    def master(folder, **options):
        training = {**OPTIONS, "seed": 3, "batch": 1, "seconds": 1, "clip": 5.0, "ema": 0.9, "warmup": 1, "final_lr": 1e-5, **options}
        return Master({"network": LONGCONV, "training": training}, folder, torch.device("cpu"))

    def test_a_run_goes_on_under_the_settings_of_now(self):
        with tempfile.TemporaryDirectory() as folder:
            before = self.master(folder)
            self.advance(before, 0)
            before.optimisers.record()  # as on a GPU, which a checkpoint may come from
            before.checkpoint(1, 1.0)
            now = self.master(folder, weight_decay=0.5, muon_lr=1e-3)
            adamw, muon = (optimiser for optimiser, _ in now.optimisers.parts)
            self.assertEqual([group["weight_decay"] for group in (*adamw.param_groups, *muon.param_groups)], [0.5, 0, 0.5])
            self.assertFalse(any(group.get("capturable") for group in adamw.param_groups))
            for mine, other in zip(now.optimisers.tensors(), before.optimisers.tensors()):
                torch.testing.assert_close(mine, other, rtol=0, atol=0)
            self.advance(now, 1)
            self.assertEqual(muon.param_groups[0]["lr"], 1e-3)
            with self.assertRaisesRegex(ValueError, "muon_lr: this run began with Muon"):
                self.master(folder, muon_lr=0)
        with tempfile.TemporaryDirectory() as folder:
            self.master(folder, muon_lr=0).checkpoint(1, 1.0)
            with self.assertRaisesRegex(ValueError, "muon_lr: this run began without Muon"):
                self.master(folder)

    def test_state_survives_a_checkpoint(self):
        with tempfile.TemporaryDirectory() as folder:
            master = self.master(folder)
            self.advance(master, 0)
            master.checkpoint(1, 1.0)
            again = self.master(folder)
        for one in (master, again):
            self.advance(one, 1)
        for mine, other in zip(master.network.parameters(), again.network.parameters()):
            torch.testing.assert_close(mine, other, rtol=0, atol=0)

    @staticmethod
    def advance(master, step):
        replica = master.replica()
        torch.manual_seed(step)
        replica(torch.randn(1, 3200) * 0.1).pow(2).mean().backward()
        master.apply(replica, [b.clone() for b in replica.buffers()], step, 0.0)


if __name__ == "__main__":
    unittest.main()
