"""A run that is interrupted ends with the very weights of one that is not."""
import contextlib
import io
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import types
import unittest
import weakref
from pathlib import Path
from unittest import mock

import torch

from limpid_train import limited, train, weights
from limpid_train.checkpoint import load_latest
from limpid_train.corpus import Corpus
from limpid_train.export import export
from limpid_train.feed import MixAhead, MixHere
from limpid_train.losses import total_loss
from limpid_train.master import learning_rate
from limpid_train.mixing import Mixer
from limpid_train.rooms import RoomBank
from limpid_train.weights import load_network
from make_test_vectors import TINY
from tests.test_data import small_cache

RECORDINGS = Path(__file__).parents[1] / "recordings.json"
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


def steps_without_a_look(folder, cache):
    """Three steps by two processes, which never see how many are done."""
    with mock.patch.object(train.Worker, "progress", lambda *_: 0.5):
        steps(folder, cache, 3, processes=2)


def alone(target, *arguments):
    """A process of its own, which may fork: where autograd has run before, its threads may forbid that."""
    return multiprocessing.get_context("spawn").Process(target=target, args=arguments)


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

    def test_the_log_of_a_run_that_diverges_is_json(self):
        def infinite(*arguments):
            loss, parts = total_loss(*arguments)
            return loss * float("nan"), {**parts, "snr": parts["snr"] * float("inf")}

        def refuse(word):
            raise ValueError(f"{word} is not JSON")

        with tempfile.TemporaryDirectory() as folder, mock.patch.object(train, "total_loss", infinite):
            small_cache(folder)
            steps(Path(folder) / "run", folder, 2)
            lines = (Path(folder) / "run" / "log.jsonl").read_text().splitlines()
        first = json.loads(lines[0], parse_constant=refuse)
        self.assertEqual((first["loss"], first["snr"]), (None, None))
        self.assertGreater(first["spectrum"], 0)

    def test_a_limit_is_of_seconds_or_of_steps(self):
        command = ["train", "--config", "nano", "--corpus", "c", "--run", "r", "--data", str(RECORDINGS)]
        for option, limit in (("--steps", train.Limit(steps=7)), ("--time-budget", train.Limit(seconds=7))):
            with mock.patch.object(sys, "argv", [*command, option, "7"]), mock.patch.object(train, "train") as called:
                train.main()
            self.assertEqual(called.call_args.args[4], limit)
            self.assertEqual(called.call_args.kwargs["data"]["licence"], "MIT")
            for nothing in ("0", "-1"):
                with mock.patch.object(sys, "argv", [*command, option, nothing]), mock.patch.object(train, "train") as called, \
                        contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit):
                    train.main()
                called.assert_not_called()

    def test_a_killed_run_goes_on_exactly(self):
        with tempfile.TemporaryDirectory() as folder:
            cache, whole, killed = (Path(folder) / name for name in ("cache", "whole", "killed"))
            cache.mkdir()
            small_cache(cache)
            victim = alone(train_until_killed, killed, cache, 2)
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
            run = alone(steps_without_a_look, Path(folder) / "run", folder)
            run.start()
            run.join()
            self.assertEqual((run.exitcode, load_latest(Path(folder) / "run")["step"]), (0, 3))

    def test_only_the_first_process_keeps_what_it_measures(self):
        worker, made, alive = object.__new__(train.Worker), [], []
        worker.__dict__.update(rank=1, before=0.0, start=0.0, counter=types.SimpleNamespace(value=0), turns=contextlib.nullcontext(),
                               master=types.SimpleNamespace(step=0), options={"log_every": 100, "validate_every": 100})

        def step(*_):
            loss = torch.zeros(())
            alive.append(sum(other() is not None for other in made))
            made.append(weakref.ref(loss))
            return {"loss": loss}

        with mock.patch.object(worker, "_step", step):
            worker.run(train.Limit(steps=4))
        self.assertEqual(alive, [0, 1, 1, 1])  # those of the step before

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
                limited.spend(out, out, 500, CONFIG, 2, start=out / "before.safetensors", data={"licence": "MIT"})
                with self.assertRaisesRegex(SystemExit, "no time left"):
                    limited.spend(out, out, 1, CONFIG, 2, afterwards=5)
            self.assertEqual(load_latest(out / "run")["step"], 4)
            self.assertEqual(load_network(out / "tiny.safetensors").taps, 1)
            cards = [json.loads(weights.read(out / f"{name}.safetensors")[1]["card"]) for name in ("before", "tiny")]
            self.assertEqual([card["licence"] for card in cards], ["not stated", "MIT"])
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


if __name__ == "__main__":
    unittest.main()
