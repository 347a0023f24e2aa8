"""Scores of networks for arrays beside their yardsticks, on a set made by limpid_train.make_array_set or make_measured_set:
python -m limpid_train.array_scores DATA/set4 --array ../assets/array-small-4.safetensors --single
../assets/light.safetensors [--limpid LIMPID] --csv scores/array-small-4.csv

With a set in which something moves, also the SI-SDR of the first AFTER seconds after each change. Of noise alone (a set of
--snr -100) what counts is how much lower it becomes.

The yardsticks: the reference microphone as it is; delay-and-sum that knows where the talker is; MVDR that knows the
true covariances; a network for one channel on the reference microphone. Everything is scored against the target at that
microphone. With --limpid the program enhances, otherwise the PyTorch definition."""
import argparse
import csv
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from .beamform import delay_and_sum, mvdr
from .levels import level_drop
from .scores import intelligibility, mean_rows, pesq_of
from .shoebox import RATE
from .systems import Network, Program
from .validation import si_sdr

MEASURES = ("si_sdr", "pesq_wb", "stoi")
AFTER = 2.0
ONSET = 1.0                                               # s that do not count for how much lower an output is
AUDIBLE = 0.1                                             # of the target's level, in a stretch of it that is scored


@dataclass(frozen=True)
class Example:
    """One row of a set: `noisy` and `image` are [mic, sample], `facts` the columns of set.csv."""

    noisy: np.ndarray
    image: np.ndarray
    facts: dict

    @property
    def reference(self):
        return int(self.facts["reference"])

    @property
    def target(self):
        return self.image[self.reference]


@dataclass(frozen=True)
class Item:
    """What a system of limpid_train.systems is given."""

    name: str
    noisy: Path
    rate: int = RATE


def read_set(folder):
    """The examples of a set by name."""
    folder, examples = Path(folder), {}
    with open(folder / "set.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            noisy, image = (soundfile.read(folder / part / f"{row['name']}.wav", dtype="float32", always_2d=True)[0].T
                            for part in ("noisy", "image"))
            examples[row["name"]] = Example(noisy, image, row)
    return examples


def yardsticks(example):
    """Outputs by name of what needs no network."""
    made = {"reference microphone": example.noisy[example.reference]}
    if "mics" in example.facts:                           # not of measured rooms
        mics, talker = (json.loads(example.facts[name]) for name in ("mics", "talker"))
        made["delay-and-sum"] = delay_and_sum(example.noisy, mics, talker, example.reference)
    return made | {"MVDR, true covariances": mvdr(example.noisy, example.image, example.reference)}


def enhanced(system, examples, single):
    """Outputs by name of what a system makes of all microphones, or of the reference one alone."""
    with tempfile.TemporaryDirectory() as folder:
        inputs, outputs = Path(folder) / "in", Path(folder) / "out"
        inputs.mkdir(), outputs.mkdir()
        items = [Item(name, inputs / f"{name}.wav") for name in examples]
        for item, example in zip(items, examples.values()):
            audio = example.noisy[example.reference] if single else example.noisy.T
            soundfile.write(item.noisy, audio, RATE, subtype="FLOAT")
        return {item.name: soundfile.read(path, dtype="float32", always_2d=True)[0][:, 0]
                for item, path in zip(items, system("arrays", items, outputs))}


def score(output, target):
    """Values of MEASURES; None where a package is missing."""
    wide = [np.asarray(x, np.float64) for x in (output, target)]
    opinion = pesq_of(output, target, RATE).get("pesq_wb")
    return dict(zip(MEASURES, (float(si_sdr(*wide)), opinion, intelligibility(output, target)[0])))


def after_changes(output, example):
    """Mean SI-SDR of AFTER seconds after each change in a scene; NaN where nothing changes or nothing is said then."""
    target, found = example.target.astype(np.float64), []
    for change in json.loads(example.facts["changes"]):
        stretch = slice(int(change * RATE), int((change + AFTER) * RATE))
        if np.sqrt(np.mean(target[stretch] ** 2)) > AUDIBLE * np.sqrt(np.mean(target ** 2)):
            found.append(float(si_sdr(output[stretch].astype(np.float64), target[stretch])))
    return float(np.mean(found)) if found else float("nan")


def lower_by(output, example):
    """dB by which an output is below the reference microphone, after the first second."""
    return level_drop(*(x[int(ONSET * RATE):] for x in (example.noisy[example.reference], output)))


def score_set(examples, systems):
    """Rows of name, system and measures, "after" among them where the set says when something changes. `systems` maps a
    name to (system, whether it hears one channel alone)."""
    outputs = {name: yardsticks(example) for name, example in examples.items()}
    for system, (run, single) in systems.items():
        for name, output in enhanced(run, examples, single).items():
            outputs[name][system] = output
    return [{"name": name, "system": system, **score(output.astype(np.float32), examples[name].target),
             "lower": lower_by(output, examples[name]),
             **({"after": after_changes(output, examples[name])} if "changes" in examples[name].facts else {})}
            for name, made in outputs.items() for system, output in made.items()]


def table(rows):
    """Markdown: means of every system, and what each gains over the reference microphone."""
    systems = list(dict.fromkeys(row["system"] for row in rows))
    shown = (*MEASURES, "lower", "after")
    mean = {system: mean_rows([{measure: row[measure] for measure in shown if measure in row} for row in rows
                               if row["system"] == system]) for system in systems}
    changing = mean[systems[0]].get("after") is not None
    lines = ["| | SI-SDR dB | gained dB | WB-PESQ | STOI | lower by dB |" + f" gained {AFTER:.0f} s after a change dB |" * changing,
             "|---|---|---|---|---|---|" + "---|" * changing]
    for system in systems:
        si, others = mean[system]["si_sdr"], [mean[system].get(measure) for measure in MEASURES[1:]]
        lines.append(f"| {system} | {si:.2f} | {si - mean[systems[0]]['si_sdr']:+.2f} | "
                     + " | ".join("" if value is None else f"{value:.3f}" for value in others)
                     + f" | {mean[system]['lower']:.1f} |"
                     + (f" {mean[system]['after'] - mean[systems[0]]['after']:+.2f} |" if changing else ""))
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--array", action="append", default=[], help="model file of a network for arrays")
    parser.add_argument("--single", action="append", default=[], help="model file of a network for one channel")
    parser.add_argument("--limpid", help="the program")
    parser.add_argument("--csv", help="scores of every file")
    args = parser.parse_args()
    if len({Path(model).stem for model in (*args.single, *args.array)}) < len(args.single) + len(args.array):
        parser.error("two models would be called the same")
    run = (lambda model: Program(args.limpid, model)) if args.limpid else Network
    systems = {Path(model).stem: (run(model), single) for models, single in ((args.single, True), (args.array, False))
               for model in models}
    rows = score_set(read_set(args.folder), systems)
    if args.csv:
        with open(args.csv, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows({key: f"{value:.4f}" if isinstance(value, float) else value for key, value in row.items()}
                             for row in rows)
    print(table(rows))


if __name__ == "__main__":
    main()
