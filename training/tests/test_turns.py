"""Nobody waits for a process that has ended."""
import os
import signal
import tempfile
import time
import unittest
from multiprocessing import get_context
from pathlib import Path
from unittest import mock

from limpid_train import train
from limpid_train.checkpoint import load_latest
from limpid_train.turns import Turns
from tests.test_data import small_cache
from tests.test_train import alone, steps, train_for_ever


def die_in_turn(turns):
    with turns:
        os.kill(os.getpid(), signal.SIGKILL)


def train_and_hold(_, run, folder):
    train_for_ever(run, folder, 2)


def fail(*_):
    raise SystemExit(4)


class Processes(unittest.TestCase):
    def test_one_that_is_killed_in_its_turn_ends_the_others_waiting(self):
        context = get_context("fork")
        turns = Turns(context)
        turns.start([context.Process(target=die_in_turn, args=(turns,), daemon=True)])
        time.sleep(0.2)
        with self.assertRaisesRegex(RuntimeError, "has failed, exit code -9"):
            with turns:
                pass

    def test_one_that_fails_ends_the_run(self):
        with tempfile.TemporaryDirectory() as folder:
            small_cache(folder)
            step = train.Worker._step
            with mock.patch.object(train.Worker, "_step", lambda self, *given: (fail if self.rank else step)(self, *given)), \
                    self.assertRaisesRegex(RuntimeError, "has failed, exit code 4"):
                steps(Path(folder) / "run", folder, 10 ** 6, processes=2)

    def test_those_of_a_killed_run_end(self):
        with tempfile.TemporaryDirectory() as folder:
            small_cache(folder)
            run = Path(folder) / "run"
            ours, theirs = get_context("spawn").Pipe(duplex=False)
            victim = alone(train_and_hold, theirs, run, folder)
            victim.start()
            self.addCleanup(victim.kill)
            theirs.close()
            while victim.is_alive() and not (run / "checkpoint.pt").exists():
                time.sleep(0.05)
            victim.kill()
            self.assertTrue(ours.poll(60), "somebody still holds the other end open")
            ours.close()
            self.assertGreater(load_latest(run)["step"], 0)


if __name__ == "__main__":
    unittest.main()
