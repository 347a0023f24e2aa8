"""What one step does to weights, their average and running statistics: with replicas, a bad batch, a teacher, recorded."""
import contextlib
import copy
import tempfile
import unittest
from pathlib import Path

import torch

from limpid_train import weights
from limpid_train.graphed import Step
from limpid_train.longconv import LongConv
from limpid_train.losses import total_loss
from limpid_train.master import Master
from make_test_vectors import LONGCONV
from tests.test_train import CONFIG


class Averaging(unittest.TestCase):
    def test_only_what_is_named_is_trained(self):
        config = {**CONFIG, "training": {**CONFIG["training"], "only": ["unet.encoder0."]}}
        with tempfile.TemporaryDirectory() as folder:
            master = Master(config, folder, torch.device("cpu"))
        replica = master.replica()
        before = copy.deepcopy(master.network.state_dict())
        replica(torch.randn(2, 3200)).pow(2).mean().backward()
        master.apply(replica, [buffer.clone() for buffer in replica.buffers()], 0, 0.0)
        changed = {name for name, value in master.network.named_parameters() if not torch.equal(value, before[name])}
        self.assertTrue(changed and all(name.startswith("unet.encoder0.") for name in changed))

    def test_master_and_replica_agree_after_a_step(self):
        with tempfile.TemporaryDirectory() as folder:
            master = Master(CONFIG, folder, torch.device("cpu"))
        replica = master.replica()
        before = [buffer.clone() for buffer in replica.buffers()]
        replica(torch.randn(2, 3200)).pow(2).mean().backward()
        start = {name: value.clone() for name, value in master.average.state_dict().items()}
        master.apply(replica, before, 0, 0.0)
        for (name, mine), other in zip(master.network.state_dict().items(), replica.state_dict().values()):
            torch.testing.assert_close(mine, other)
            self.assertTrue(torch.isfinite(master.average.state_dict()[name]).all())
        self.assertTrue(any(not torch.equal(value, start[name])
                            for name, value in master.average.state_dict().items() if "running" in name))


class BadBatches(unittest.TestCase):
    """One sample that is not a number, in a network with running statistics."""

    def setUp(self):
        torch.manual_seed(1)
        self.good, self.bad = torch.randn(2, 3200), torch.randn(2, 3200)
        self.bad[0, 5] = float("nan")
        with tempfile.TemporaryDirectory() as folder:
            self.master = Master(CONFIG, folder, torch.device("cpu"))

    def trained_on(self, replica, noisy, step):
        before = [buffer.clone() for buffer in replica.buffers()]
        replica.zero_grad()
        replica(noisy).pow(2).mean().backward()
        self.master.apply(replica, before, step, 0.0)
        return copy.deepcopy(self.master.network.state_dict())

    def test_they_change_nothing(self):
        for replica in (self.master.replica(), self.master.network.train()):
            before = self.trained_on(replica, self.good, 0)
            after = self.trained_on(replica, self.bad, 1)
            torch.testing.assert_close(after, before, rtol=0, atol=0)
            torch.testing.assert_close(dict(replica.state_dict()), dict(before), rtol=0, atol=0)
            again = self.trained_on(replica, self.good, 2)
            self.assertTrue(all(value.isfinite().all() for value in (*again.values(), *self.master.means)))
            self.assertTrue(any(not torch.equal(again[name], before[name]) for name in again if "running" in name))


class Teaching(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        torch.manual_seed(3)
        self.path = Path(self.folder.name) / "teacher.safetensors"
        network = LongConv(LONGCONV)
        weights.write(self.path, weights.tensors_of(network.state_dict()), LONGCONV, {})
        self.noisy, self.target = torch.randn(2, 3200), torch.randn(2, 3200)

    def master(self, **network):
        config = {**CONFIG, "network": {**LONGCONV, **network},
                  "training": {**CONFIG["training"], "losses": {"teacher": 1.0}, "teacher": str(self.path)}}
        return Master(config, self.folder.name, torch.device("cpu"))

    def loss(self, master, network):
        return total_loss(network, self.noisy, self.target, {"teacher": 1.0}, contextlib.nullcontext(), master.teacher)[0]

    def test_a_network_learns_what_its_teacher_says(self):
        master = self.master()
        before = copy.deepcopy(master.teacher.state_dict())
        self.assertEqual(float(self.loss(master, master.teacher)), 0)
        losses = []
        for step in range(30):
            loss = self.loss(master, master.network)
            loss.backward()
            master.apply(master.network, [], step, 0.0)
            losses.append(float(loss.detach()))
        self.assertLess(losses[-1], 0.8 * losses[0])
        for name, value in master.teacher.state_dict().items():
            self.assertTrue(torch.equal(value, before[name]), name)

    def test_of_another_window_is_refused(self):
        with self.assertRaisesRegex(ValueError, "frames of"):
            self.master(sample_rate=8000)


@unittest.skipUnless(hasattr(torch, "_foreach_copy_"), "rates that are tensors need PyTorch 2.1")
class Recorded(unittest.TestCase):
    """What a CUDA graph records, run without one."""

    def masters(self):
        config = {**CONFIG, "network": LONGCONV, "training": {**CONFIG["training"], "muon_lr": 2e-3}}
        with tempfile.TemporaryDirectory() as folder:
            return [Master(config, folder, torch.device("cpu")) for _ in range(2)]

    def test_it_is_an_ordinary_step(self):
        ordinary, recorded = self.masters()
        batches = [(torch.randn(2, 3200), torch.randn(2, 3200)) for _ in range(3)]
        step = Step(recorded, contextlib.nullcontext, batches[0])
        for number, (noisy, target) in enumerate(batches):
            loss, _ = total_loss(ordinary.network, noisy, target, ordinary.options["losses"], contextlib.nullcontext())
            loss.backward()
            ordinary.apply(ordinary.network, [], number, 0.5)
            step.noisy, step.target = noisy, target
            for tensor, value in zip((step.rate, step.kept), recorded.rates(number, 0.5)):
                tensor.fill_(value)
            measured = dict(zip(*step.compute()))
            torch.testing.assert_close(measured["loss"], loss.detach())
        for kind in ("network", "average"):
            for name, value in getattr(ordinary, kind).state_dict().items():
                torch.testing.assert_close(getattr(recorded, kind).state_dict()[name], value, msg=f"{kind} {name}")

    def test_warming_up_leaves_no_trace(self):
        master, _ = self.masters()
        step = Step(master, contextlib.nullcontext, (torch.randn(2, 3200), torch.randn(2, 3200)))
        step.rate.fill_(1e-3)
        step.kept.fill_(0.9)
        step.compute()
        before = copy.deepcopy([master.network.state_dict(), master.average.state_dict(), master.optimisers.state_dict()])
        step.warm_up()
        torch.testing.assert_close([master.network.state_dict(), master.average.state_dict(), master.optimisers.tensors()],
                                   [*before[:2], [value for part in before[2] for state in part["state"].values()
                                                  for value in state.values()]], rtol=0, atol=0)

    def test_a_bad_batch_does_no_harm(self):
        with tempfile.TemporaryDirectory() as folder:
            statistics = Master(CONFIG, folder, torch.device("cpu"))
        for master in (self.masters()[0], statistics):
            master.network.train()
            step = Step(master, contextlib.nullcontext, (torch.full((2, 3200), float("nan")), torch.randn(2, 3200)))
            before = [buffer.clone() for buffer in master.network.buffers()]
            step.rate.fill_(1e-3)
            step.compute()
            self.assertTrue(all(torch.isfinite(p).all() for p in master.network.parameters()))
            torch.testing.assert_close(list(master.network.buffers()), before, rtol=0, atol=0)


if __name__ == "__main__":
    unittest.main()
