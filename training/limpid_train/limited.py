"""Uses a limited time on a GPU fully: decodes and simulates on all cores, trains for what is left, leaves a model file and
curves. python -m limpid_train.limited CORPUS OUT SECONDS [--config base] [--more CORPUS ...]; call it again with the same OUT
to go on."""
import argparse
import os
import time
from pathlib import Path

import torch

from . import plot, sources, train
from .checkpoint import load_latest
from .config import load_config
from .corpus import Corpus

AFTERWARDS = 20  # seconds for the last export, validation and curves


def spend(corpus, out, seconds, config, processes, plan=0, start=None, afterwards=AFTERWARDS, data=None):
    """Trains `config` in OUT/run until `seconds` from now are over, counting all that has to be prepared. The learning
    rate reaches its end with this call, or where a `plan` of more seconds says that others follow. A new run begins from
    the model file `start`, if one is given. `data`: as of train()."""
    begin, out = time.monotonic(), Path(out)
    run, cache = out / "run", out / "data"
    train.mixing(config, cache, processes, *(Corpus(corpus, cache, split, processes) for split in ("train", "valid")))
    state = load_latest(run)
    spent = state["spent"] if state else 0.0
    left = seconds - afterwards - (time.monotonic() - begin)
    if left <= 0:
        raise SystemExit(f"no time left to train: preparing took {time.monotonic() - begin:.0f} of {seconds:.0f} s")
    print(f"training {config['name']} for {left:.0f} s after {spent:.0f} s", flush=True)
    limit = train.Limit(seconds=max(plan, spent + left), pause=spent + left)
    train.train(config, corpus, cache, run, limit, processes, start, model_file=out / f"{config['name']}.safetensors", ahead=True,
                data=data)
    plot.draw(run, out / "curves.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus")
    parser.add_argument("out")
    parser.add_argument("seconds", type=float)
    parser.add_argument("--more", nargs="+", default=[], metavar="CORPUS", help="further folders with manifest.csv")
    parser.add_argument("--config", default="base", help="a JSON file or the name of one in configs/")
    parser.add_argument("--plan", type=float, default=0, metavar="SECONDS",
                        help="of training in all calls together, which the learning rate then follows")
    parser.add_argument("--start", help="model file that a new run begins from")
    sources.add_option(parser)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--cpu", action="store_true", help="try everything without a GPU")
    arguments = parser.parse_args()
    if not (torch.cuda.is_available() or arguments.cpu):
        parser.error("no GPU; --cpu tries everything without one")
    torch.set_num_threads(1)  # the cores are for mixing
    spend([arguments.corpus, *arguments.more], arguments.out, arguments.seconds, load_config(arguments.config),
          max(2, arguments.processes), arguments.plan, arguments.start, data=sources.read(arguments.data))


if __name__ == "__main__":
    main()
