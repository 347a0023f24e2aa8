"""Trains a network for a given wall-clock time or number of steps; may be killed at any moment and resumed."""
import argparse
import contextlib
import json
import math
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import multiprocessing

from . import sources
from .array_mixing import ArrayMixer
from .array_rooms import array_bank
from .atomic import written_beside
from .checkpoint import file_of
from .config import load_config
from .corpus import Corpus
from .export import export
from .feed import MixAhead, MixHere
from .graphed import GraphedStep
from .losses import total_loss
from .master import Master
from .mixing import Mixer
from .rooms import bank_in
from .shoebox import RATE
from .turns import Turns
from .validation import fixed_mixtures, validate

CHECKPOINT_SECONDS = 120
ROOMS = 3000  # about four minutes of one core
ARRAY_ROOMS = 400
ARRAY_VALID = 12  # mixtures: a network for arrays costs more


@dataclass
class Limit:
    """When a run is over: after wall-clock seconds, or after steps, for comparisons that have to be repeatable. It
    pauses after `pause` seconds, to be gone on with at the learning rate it had."""

    seconds: float = 0
    steps: int = 0
    pause: float = float("inf")


class Worker:
    """One process: draws a step number, gets that step's batch, computes gradients, hands them to the master. With one
    worker on a CPU and a limit of steps a run is a pure function of its seed; with more workers the order of the updates
    varies, with a limit of seconds the learning rate does. A GPU's only worker takes the master's network for its replica."""

    def __init__(self, master, rank, turns, counter, feed, mixtures, model_file=None):
        self.start, self.before = time.monotonic(), master.spent
        self.master, self.rank, self.turns, self.counter = master, rank, turns, counter
        self.feed, self.mixtures, self.options, self.model_file = feed, mixtures, master.options, model_file
        on_gpu = master.device.type == "cuda"
        self.replica = master.network.train() if on_gpu else master.replica()
        if on_gpu and self.options.get("compile"):
            if not hasattr(self.replica, "blocks"):
                raise ValueError(f"compile: {type(self.replica).__name__} does not name blocks")
            for block in self.replica.blocks:  # one by one: they share what is compiled
                block.compile()
        self.graph = None
        if on_gpu and self.options.get("graph"):
            self.graph = GraphedStep(master, self.autocast, feed.example())

    @classmethod
    def work(cls, *arguments):
        """Everything that another process does: Worker(all but the last).run(last)."""
        cls(*arguments[:-1]).run(arguments[-1])

    def spent(self):
        return self.before + time.monotonic() - self.start

    def progress(self, limit):
        """The part of the run that is done."""
        return self.counter.value / limit.steps if limit.steps else self.spent() / limit.seconds

    def autocast(self):
        """bfloat16 products where the hardware has them; sums, losses and weights stay in single precision."""
        if not self.options["bfloat16"]:
            return contextlib.nullcontext()
        return torch.autocast(self.master.device.type, dtype=torch.bfloat16)

    def run(self, limit):
        sums, saved, validated = {}, time.monotonic(), self.master.step
        while self.progress(limit) < 1 and self.spent() < limit.pause:
            step = self._claimed(limit)
            if step is None:
                break
            parts = self._step(step, limit)
            if self.rank:
                continue
            for name, value in parts.items():
                sums.setdefault(name, []).append(value)
            if len(sums["loss"]) == self.options["log_every"]:
                self.log(step, **{name: round(float(torch.stack(values).mean()), 5) for name, values in sums.items()})
                sums = {}
            if step - validated >= self.options["validate_every"]:
                self.log(step, **validate(self.master.average, self.mixtures))
                validated = step
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save()
                saved = time.monotonic()

    def save(self):
        """A checkpoint and, where one is wanted, the model file it makes."""
        with self.turns:
            self.master.checkpoint(self.counter.value, self.spent())
        if self.model_file:
            export(self.master.run, self.model_file)

    def _claimed(self, limit):
        """The number of a step that is this worker's; None where others have claimed the last one meanwhile."""
        with self.turns:
            step = self.counter.value
            if limit.steps and step >= limit.steps:
                return None
            self.counter.value += 1
        return step

    def _step(self, step, limit):
        """What was measured in a step."""
        noisy, target = self.feed.batch(step)
        if self.graph:
            return self.graph(noisy, target, *self.master.rates(step, self.progress(limit)))
        noisy, target = (part.to(self.master.device, non_blocking=True) for part in (noisy, target))
        before = [buffer.clone() for buffer in self.replica.buffers()]
        loss, parts = total_loss(self.replica, noisy, target, self.options["losses"], self.autocast(), self.master.teacher)
        self.replica.zero_grad()
        loss.backward()
        with self.turns:
            applied = self.master.apply(self.replica, before, step, self.progress(limit))
        return {"loss": loss.detach(), **applied, **{name: value.detach() for name, value in parts.items()}}

    def log(self, step, **row):
        """One more line. JSON has no word for what a run that diverges measures: null."""
        row = {name: value if math.isfinite(value) else None for name, value in row.items()}
        with open(self.master.run / "log.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "spent": round(self.spent(), 1), **row}, allow_nan=False) + "\n")


def room_bank(folder, processes):
    """Simulated rooms, made on first use."""
    return bank_in(folder, ROOMS, processes)


def mixing(config, cache, processes, train_set, valid_set):
    """What makes the batches of a configuration, and its fixed valid mixtures."""
    network, options = config["network"], config["training"]
    if "microphones" not in network:
        bank = room_bank(Path(cache) / "rooms", processes)
        return Mixer(train_set, bank, options["seconds"]), fixed_mixtures(valid_set, bank, options["seed"])
    bank = array_bank(Path(cache) / f"arrays{network['microphones']}", network["microphones"], processes, ARRAY_ROOMS)
    kind = partial(ArrayMixer, halved=network["sample_rate"] == RATE // 2)
    return (kind(train_set, bank, options["seconds"]),
            fixed_mixtures(valid_set, bank, options["seed"], ARRAY_VALID, kind=kind))


def choose_device():
    if not torch.cuda.is_available():
        return torch.device("cpu")
    torch.backends.cudnn.benchmark = True  # every batch has the same shapes
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    return torch.device("cuda")


def check_network(run, network):
    """Refuses to go on with a run as another network than it began as. Everything else of a configuration may change."""
    if not (file_of(run).exists() and (run / "config.json").exists()):
        return
    before = json.loads((run / "config.json").read_text())["network"]
    changed = sorted(name for name in before.keys() | network.keys() if before.get(name) != network.get(name))
    if changed:
        raise ValueError(f"{run}: a run of another network, which differs in {', '.join(changed)}; use another --run")


def train(config, corpus, cache, run, limit, processes, start=None, model_file=None, ahead=False, data=None):
    """Runs until the limit over all the runs of this folder is reached. On a CPU, `processes` train side by side;
    on a GPU, or with `ahead`, one does, and the others mix for it. `data`: what the corpora are, in place of what their
    manifests say (sources.py)."""
    run, options = Path(run), config["training"]
    run.mkdir(parents=True, exist_ok=True)
    check_network(run, config["network"])
    device = choose_device()
    master = Master(config, run, device, start)
    with written_beside(run / "config.json") as path:
        path.write_text(json.dumps(config, indent=2))
    train_set, valid_set = (Corpus(corpus, cache, split, processes) for split in ("train", "valid"))
    sources.remember(run, corpus, data)
    mixer, mixtures = mixing(config, cache, processes, train_set, valid_set)
    if (ahead or device.type == "cuda") and processes > 1:
        feed, trainers = MixAhead(mixer, options, master.step, processes - 1), 1
    else:
        feed, trainers = MixHere(mixer, options), processes
    context = multiprocessing.get_context("fork")
    turns, counter = Turns(context), context.Value("q", master.step, lock=False)
    turns.start([context.Process(target=Worker.work, args=(master, rank, turns, counter, feed, mixtures, limit), daemon=True)
                 for rank in range(1, trainers)])
    last = Worker(master, 0, turns, counter, feed, mixtures, model_file)
    last.run(limit)
    turns.finish()
    last.save()
    last.log(counter.value, **validate(master.average, mixtures))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", required=True, help="a JSON file or the name of one in configs/")
    parser.add_argument("--corpus", required=True, nargs="+", help="folders with manifest.csv")
    parser.add_argument("--cache", default=Path(__file__).parents[1] / "data", help="where decoded audio is kept")
    parser.add_argument("--run", required=True, help="folder of checkpoints and log; an existing run is resumed")
    limit = parser.add_mutually_exclusive_group(required=True)
    limit.add_argument("--time-budget", type=float, default=0, help="seconds over all runs of this folder")
    limit.add_argument("--steps", type=int, default=0,
                       help="steps over all runs of this folder: repeatable with one process on a CPU")
    parser.add_argument("--processes", type=int, default=1,
                        help="CPU: how many train, with asynchronous updates; GPU: one trains, the others mix for it")
    parser.add_argument("--threads", type=int, help="per process; default: all cores of one process, 1 of several")
    parser.add_argument("--start", help="model file that a new run begins from")
    parser.add_argument("--export", help="model file that is written anew with every checkpoint")
    sources.add_option(parser)
    arguments = parser.parse_args()
    if not (arguments.time_budget > 0 or arguments.steps > 0):
        parser.error("--time-budget or --steps has to be more than 0")
    if arguments.threads or arguments.processes > 1:
        torch.set_num_threads(arguments.threads or 1)
    train(load_config(arguments.config), arguments.corpus, arguments.cache, arguments.run,
          Limit(arguments.time_budget, arguments.steps), arguments.processes, arguments.start, arguments.export,
          data=sources.read(arguments.data))


if __name__ == "__main__":
    main()
