"""Word error rates of trained recognisers, and where they look:
python -m limpid_train.avsr.score --digits FSDD/recordings --corpus CORPUS --runs runs/avsr -o scores.json

The tests are the same for every run: strings of digits at each SNR in noises that training never heard, from recordings of
voices in the training (test) and of a voice that is not (unheard)."""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

from ..atomic import written_beside
from ..corpus import described
from ..decorrelation import cosines
from .digits import BUCKETS, examples, noises, recordings, split
from .model import Avsr
from .train import RATES

SNRS = (-5, 0, 5, 10)


def edits(said, found):
    """Fewest insertions, deletions and substitutions."""
    row = list(range(len(found) + 1))
    for i, word in enumerate(said, 1):
        above, row = row, [i]
        for j, other in enumerate(found, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (word != other)))
    return row[-1]


def tests(arguments):
    """{(part, snr): what examples() makes}"""
    items, pieces = recordings(arguments.digits), noises(arguments.corpus, "test", 1)
    rng = np.random.default_rng(11)
    return {(part, snr): examples(rng, split(items, part), pieces, arguments.count, BUCKETS[1], snr, vary=False)
            for part in ("test", "unheard") for snr in SNRS}


def word_error_rate(model, audio, lips, words, rate):
    found = model.transcribe(audio, lips, rate, most=6)
    return 100 * sum(edits(said, heard) for said, heard in zip(words, found)) / sum(map(len, words))


@torch.no_grad()
def look(model, audio, lips, rate):
    """Means over layers and heads: weight on the first token, on delimiters and on others, each a key; cosines to the first
    token between the first and the last layer."""
    maps = []
    _, hidden = model.decode(model.prompt(audio, lips, rate), maps)
    a = torch.stack(maps).mean((0, 1, 2))
    count = a.shape[-1]
    received = a.sum(0) / torch.arange(count, 0, -1)
    audio_end = 2 + audio.shape[1] // rate
    delimiters = [1, audio_end, audio_end + 1, count - 2]
    others = [i for i in range(1, count - 1) if i not in delimiters]
    inner = torch.stack([cosines(h).mean(0) for h in hidden[1:-1]]).mean(0)
    mass = a.sum(-1).mean()
    return {"bos_share": (a[:, 0].mean() / mass).item(), "delimiter": received[delimiters].mean().item(),
            "other": received[others].mean().item(), "row_mass": mass.item(),
            "cos_delimiter": inner[delimiters].mean().item(), "cos_other": inner[others].abs().mean().item(),
            "peak": max((h.abs().max() / h.abs().median()).item() for h in hidden[1:-1])}


def earlier(arguments, tests_of):
    """What was scored before, unless it was on other tests: their figures must not stand beside each other."""
    if not arguments.output.exists():
        return {}
    results = json.loads(arguments.output.read_text())
    for run, result in results.items():
        if result.get("tests") != tests_of:
            raise ValueError(f"{arguments.output}: {run} was scored on {result.get('tests')}, where {tests_of} is asked for; "
                             "use another -o or delete it")
    return results


def score(path, sets):
    record = torch.load(path, map_location="cpu")
    model = Avsr(record["config"])
    model.load_state_dict(record["state"])
    model.eval()
    rows = []
    for (part, snr), (audio, lips, words, _) in sets.items():
        for rate in RATES:
            for mode, a, v in (("audio", audio, None), ("video", None, lips), ("both", audio, lips)):
                if mode == "video" and snr != SNRS[0]:
                    continue  # lips know no noise
                rows.append({"part": part, "snr": snr, "rate": rate, "mode": mode,
                             "wer": round(word_error_rate(model, a, v, words, rate), 2)})
    audio, lips, _, _ = sets["test", 5]
    return {"run": path.stem, "wer": rows, "look": {rate: look(model, audio, lips, rate) for rate in RATES}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--digits", required=True)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--count", type=int, default=120, help="strings of a test")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    tests_of = {"digits": str(Path(arguments.digits).resolve()), "corpus": described(arguments.corpus), "count": arguments.count}
    results = earlier(arguments, tests_of)
    sets = tests(arguments)
    for path in sorted(arguments.runs.glob("*-[0-9]*.pt")):
        if path.stem not in results:
            results[path.stem] = {**score(path, sets), "tests": tests_of}
            with written_beside(arguments.output) as part:
                part.write_text(json.dumps(results))
            print(path.stem, flush=True)


if __name__ == "__main__":
    main()
