"""A run that is interrupted ends with the very weights of one that is not."""
import contextlib
import copy
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch

from limpid_train import limited, train, weights
from limpid_train.checkpoint import load_latest
from limpid_train.corpus import Corpus
from limpid_train.export import export
from limpid_train.feed import MixAhead, MixHere
from limpid_train.graphed import Step
from limpid_train.longconv import LongConv
from limpid_train.losses import total_loss
from limpid_train.master import Master, learning_rate
from limpid_train.mixing import Mixer
from limpid_train.rooms import RoomBank
from limpid_train.weights import load_network
from make_test_vectors import LONGCONV, TINY
from tests.test_data import small_cache

CONFIG = {"name": "tiny", "summary": "for tests", "network": {**TINY, "pooling": "none"},
          "training": {"seed": 1, "seconds": 0.3, "batch": 2, "bfloat16": False, "lr": 1e-3, "final_lr": 1e-5,
                       "warmup": 2, "weight_decay": 0.01, "clip": 5.0, "ema": 0.9,
                       "losses": {"snr": 0.1, "spectrum": 1.0, "mask": 0.5}, "log_every": 2, "validate_every": 100}}


def steps(folder, cache, count, processes=1, config=CONFIG):
    """Trains until `count` steps are done at a constant rate, on one thread: another number sums in another order."""
    torch.set_num_threads(1)
    with mock.patch.object(train, "fixed_mixtures", lambda *_, **__: None), \
            mock.patch.object(train, "validate", lambda *_: {}), \
            mock.patch("limpid_train.master.learning_rate", lambda *_: 1e-3), \
            mock.patch.object(torch.cuda, "is_available", lambda: False):
        train.train(config, cache, cache, folder, train.Limit(steps=count), processes)
    return load_latest(folder)


def train_for_ever(folder, cache, processes=1):
    """With a checkpoint after every step."""
    with mock.patch.object(train, "CHECKPOINT_SECONDS", 0):
        steps(folder, cache, 10 ** 6, processes)


def train_until_killed(folder, cache, last):
    """As above, until the process is killed where it has written half of checkpoint `last`."""
    save = torch.save

    def save_or_die(state, path):
        save(state, path)
        if state["step"] == last:
            os.truncate(path, os.path.getsize(path) // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    with mock.patch.object(torch, "save", save_or_die):
        train_for_ever(folder, cache)


class Resuming(unittest.TestCase):
    def test_resumed_equals_uninterrupted(self):
        with tempfile.TemporaryDirectory() as folder:
            cache, whole, parts = (Path(folder) / name for name in ("cache", "whole", "parts"))
            cache.mkdir()
            small_cache(cache)
            expected = steps(whole, cache, 4)
            steps(parts, cache, 2)
            resumed = steps(parts, cache, 4)
            card = export(parts, parts / "model.safetensors")
            weight = load_network(parts / "model.safetensors").unet.encoder0.conv.conv_re.weight
            steps(Path(folder) / "other", cache, 1)
            export(Path(folder) / "other", parts / "mean.safetensors", others=[parts / "model.safetensors"])
            mean = load_network(parts / "mean.safetensors").unet.encoder0.conv.conv_re.weight
            other = load_latest(Path(folder) / "other")["average"]["unet.encoder0.conv.conv_re.weight"]
        torch.testing.assert_close(mean, (weight + other) / 2)
        self.assertEqual(resumed["step"], 4)
        self.assertEqual((card["name"], card["steps"]), ("tiny", 4))
        torch.testing.assert_close(weight, resumed["average"]["unet.encoder0.conv.conv_re.weight"], rtol=0, atol=0)
        self.assertAlmostEqual(resumed["hours"], 4 * 2 * 0.3 / 3600)
        for kind in ("network", "average"):
            for name, value in expected[kind].items():
                torch.testing.assert_close(resumed[kind][name], value, rtol=0, atol=0, msg=name)

    def test_another_network_is_refused_and_other_rates_are_not(self):
        with tempfile.TemporaryDirectory() as folder:
            cache, run = Path(folder) / "cache", Path(folder) / "run"
            cache.mkdir()
            small_cache(cache)
            steps(run, cache, 1)
            before = (run / "config.json").read_text()
            with self.assertRaisesRegex(ValueError, "another network, which differs in taps"):
                steps(run, cache, 2, config={**CONFIG, "network": {**CONFIG["network"], "taps": 3}})
            self.assertEqual((run / "config.json").read_text(), before)
            steps(run, cache, 2, config={**CONFIG, "training": {**CONFIG["training"], "final_lr": 1e-4}})
            self.assertEqual(json.loads((run / "config.json").read_text())["training"]["final_lr"], 1e-4)

    def test_a_limit_is_of_seconds_or_of_steps(self):
        command = ["train", "--config", "nano", "--corpus", "c", "--run", "r"]
        for option, limit in (("--steps", train.Limit(steps=7)), ("--time-budget", train.Limit(seconds=7))):
            with mock.patch.object(sys, "argv", [*command, option, "7"]), mock.patch.object(train, "train") as called:
                train.main()
            self.assertEqual(called.call_args.args[4], limit)

    def test_a_killed_run_goes_on_exactly(self):
        with tempfile.TemporaryDirectory() as folder:
            cache, whole, killed = (Path(folder) / name for name in ("cache", "whole", "killed"))
            cache.mkdir()
            small_cache(cache)
            victim = multiprocessing.get_context("fork").Process(target=train_until_killed, args=(killed, cache, 2))
            victim.start()
            victim.join()
            self.assertEqual((victim.exitcode, load_latest(killed)["step"]), (-signal.SIGKILL, 1))
            self.assertTrue((killed / "checkpoint.pt.part").exists())
            resumed, expected = steps(killed, cache, 3), steps(whole, cache, 3)
        for kind in ("network", "average"):
            for name, value in expected[kind].items():
                torch.testing.assert_close(resumed[kind][name], value, rtol=0, atol=0, msg=name)

    def test_several_processes_do_no_step_too_many(self):
        """Others claim the last step between a worker's look at what is done and its own claim."""
        with tempfile.TemporaryDirectory() as folder:
            small_cache(folder)
            with mock.patch.object(train.Worker, "progress", lambda *_: 0.5):
                self.assertEqual(steps(Path(folder) / "run", folder, 3, processes=2)["step"], 3)

    def test_a_limited_time_is_used_and_gone_on_with(self):
        limits, starts, train_really = [], [], train.train

        def two_steps(config, corpus, cache, run, limit, processes, start, **options):
            limits.append(limit)
            starts.append(start)
            train_really(config, corpus, cache, run, train.Limit(steps=2 * len(limits)), processes, start, **options)

        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            (out / "data").mkdir()
            small_cache(out / "data")
            (out / "data" / "manifest.csv").rename(out / "manifest.csv")
            with mock.patch.object(train, "fixed_mixtures", lambda *_: None), \
                    mock.patch.object(train, "validate", lambda *_: {}), \
                    mock.patch.object(train, "train", two_steps), \
                    mock.patch.object(torch.cuda, "is_available", lambda: False):
                limited.spend(out, out, 500, CONFIG, 2, plan=5000)
                spent = load_latest(out / "run")["spent"]
                (out / "tiny.safetensors").rename(out / "before.safetensors")
                limited.spend(out, out, 500, CONFIG, 2, start=out / "before.safetensors")
                with self.assertRaisesRegex(SystemExit, "no time left"):
                    limited.spend(out, out, 1, CONFIG, 2, afterwards=5)
            self.assertEqual(load_latest(out / "run")["step"], 4)
            self.assertEqual(load_network(out / "tiny.safetensors").taps, 1)
        self.assertEqual(starts, [None, out / "before.safetensors"])
        self.assertEqual(limits[0].seconds, 5000)
        self.assertTrue(300 < limits[0].pause <= 480)
        self.assertTrue(300 + spent < limits[1].pause <= 480 + spent)
        self.assertEqual(limits[1].seconds, limits[1].pause)

    def test_rate_anneals_with_the_budget(self):
        options = CONFIG["training"]
        rates = [learning_rate(options, 100, progress) for progress in (0, 0.5, 1, 2)]
        self.assertAlmostEqual(rates[0], 1e-3)
        self.assertTrue(rates[0] > rates[1] > rates[2] == rates[3] == 1e-5)
        self.assertLess(learning_rate(options, 0, 0), rates[0])


class Feeding(unittest.TestCase):
    def test_mixing_ahead_changes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            small_cache(folder)
            mixer = Mixer(Corpus(folder, folder, "train"), RoomBank(Path(folder) / "rooms"), 0.3)
            here = MixHere(mixer, CONFIG["training"])
            for shared in (True, False):
                with mock.patch("limpid_train.feed.shared_memory_holds", lambda _, shared=shared: shared):
                    ahead = MixAhead(mixer, CONFIG["training"], first=7, processes=2)
                for step in (7, 8, 9):
                    for mine, other in zip(here.batch(step), ahead.batch(step)):
                        torch.testing.assert_close(mine, other, rtol=0, atol=0)
                with self.assertRaises(ValueError):
                    ahead.batch(7)
                del ahead


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
        with self.assertRaisesRegex(ValueError, "window of"):
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
