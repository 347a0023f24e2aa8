"""Trains and scores the recogniser of spoken digits, one thread:
python -m limpid_train.avsr.train --digits FSDD/recordings --corpus CORPUS --output runs/avsr [--only NAME ...]

One model hears every rate (as Cappellazzo et al. 2025, arXiv 2503.06362, do with matryoshka training): each batch has a
rate of 2, 4, 8 or 16 and audio, video or both. Writes NAME-SEED.pt; a run that is there is not run again."""
import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from ..checkpoint import save
from ..corpus import described
from ..decorrelation import Decorrelation
from .digits import BUCKETS, examples, noises, recordings, split
from .model import DEFAULT, Avsr, video_rate

RATES = (2, 4, 8, 16)
MODES = (("audio", "video"), ("audio",), ("video",))
MODE_CHANCE = (0.5, 0.4, 0.1)

# name: (what differs from DEFAULT, factor of the decorrelation loss)
RUNS = {
    "softmax": ({}, 0.0),
    "softmax-decorrelated": ({}, 1.0),
    "sink_logit": ({"attention": "sink_logit"}, 0.0),
    "sigmoid": ({"attention": "sigmoid"}, 0.0),
    "gated": ({"gate": True}, 0.0),
}


def pool(arguments):
    """Training examples of every bucket, made once: audio, lips, words padded with -1, what is said in each frame. Runs that
    are compared learn from the same ones, so those of other options are refused."""
    path = arguments.output / "examples.pt"
    made_of = {"digits": str(arguments.digits.resolve()), "corpus": described(arguments.corpus), "pool": arguments.pool}
    if not path.exists():
        items = split(recordings(arguments.digits), "train")
        pieces = noises(arguments.corpus, "train", 1)
        rng = np.random.default_rng(2)
        made = []
        for bucket in BUCKETS:
            parts = [examples(rng, items, pieces, min(250, arguments.pool - begin), bucket, (-5.0, 20.0), vary=True)
                     for begin in range(0, arguments.pool, 250)]
            words = [w + [-1] * (bucket[1] - len(w)) for part in parts for w in part[2]]
            made.append((torch.cat([p[0] for p in parts]).half(), torch.cat([p[1] for p in parts]).half(), torch.tensor(words),
                         torch.cat([p[3] for p in parts])))
        save(path, {"made_of": made_of, "examples": made})
    kept = torch.load(path, map_location="cpu")
    if kept["made_of"] != made_of:
        raise ValueError(f"{path}: made of {kept['made_of']}, where {made_of} is asked for; use another --output or delete it")
    return kept["examples"]


def word_loss(model, audio, lips, words, rate):
    """Cross-entropy of the words and of the end after them; also the hidden states and the length of the prompt."""
    end = len(model.config["words"])
    logits, hidden, length = model(words.clamp(min=0), audio, lips, rate)
    target = torch.cat([words, torch.full_like(words[:, :1], -1)], 1)
    target[torch.arange(len(words)), (words >= 0).sum(1)] = end
    return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=-1), hidden, length


def frame_loss(model, hidden, said, mode, rate):
    """Cross-entropy of what is said while an audio or video token lasts, by the head of the words, the end for nobody. Strings
    are spliced, so this is known; without it the decoder spends most of its training on finding out where words are."""
    thin = video_rate(rate, model.config["lip_frames"])
    counts = [said.shape[1] // rate if "audio" in mode else 0, said.shape[1] // (4 * thin) if "video" in mode else 0]
    losses, at = [], 1
    for count, step in zip(counts, (rate, 4 * thin)):
        if count:
            logits = model.head(model.norm(hidden[-1][:, at + 1: at + 1 + count]))
            target = said[:, step // 2::step][:, :count]
            losses.append(F.cross_entropy(logits.flatten(0, 1), target.flatten()))
            at += count + 2
    return sum(losses) / len(losses)


def train(name, seed, buckets, steps, batch, rate=2e-3):
    settings, factor = RUNS[name]
    torch.manual_seed(seed)
    model, loss_of = Avsr({**DEFAULT, **settings}), Decorrelation(factor)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    rng, begin, mean = np.random.default_rng(seed), time.process_time(), None
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 100, 1.02 - step / steps)
        audio, lips, words, said = buckets[rng.integers(len(buckets))]
        chosen = torch.from_numpy(rng.integers(len(words), size=batch))
        mode, compression = MODES[rng.choice(len(MODES), p=MODE_CHANCE)], RATES[rng.integers(len(RATES))]
        loss, hidden, length = word_loss(model, audio[chosen].float() if "audio" in mode else None,
                                         lips[chosen].float() if "video" in mode else None, words[chosen], compression)
        total = loss + 0.5 * frame_loss(model, hidden, said[chosen], mode, compression)
        if factor:
            total = total + loss_of([h[:, :length] for h in hidden])
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        mean = loss.item() if mean is None else 0.99 * mean + 0.01 * loss.item()
        if (step + 1) % 250 == 0:
            print(f"{name}-{seed} {step + 1}: {time.process_time() - begin:.0f} s, loss {mean:.3f}", flush=True)
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--digits", type=Path, required=True, help="folder with DIGIT_SPEAKER_INDEX.wav")
    parser.add_argument("--corpus", required=True, help="for its noise")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=list(RUNS), default=list(RUNS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--pool", type=int, default=4000, help="examples of each length")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.output.mkdir(parents=True, exist_ok=True)
    buckets = pool(arguments)
    for seed in arguments.seeds:
        for name in arguments.only:
            path = arguments.output / f"{name}-{seed}.pt"
            if not path.exists():
                model = train(name, seed, buckets, arguments.steps, arguments.batch)
                save(path, {"config": model.config, "state": model.state_dict(), "name": name, "seed": seed, "steps": arguments.steps})


if __name__ == "__main__":
    main()
