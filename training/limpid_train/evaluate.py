"""Scores a model on the corpus's evaluation sets, with the noisy files beside it."""
import argparse
import csv
import json
from pathlib import Path

import numpy as np
import torch

from .corpus import RATE, read_manifest, read_mono
from .scores import level_drop, mean_rows, score
from .systems import Folder, Network, Program, enhance_signals
from .validation import si_sdr


def evaluate_set(system, folder):
    """One row per file: scores of the noisy input and of the output."""
    rows = []
    for name, output in system(folder / "noisy"):
        clean, noisy = (read_mono(folder / kind / name) for kind in ("clean", "noisy"))
        if len(output) != len(clean):
            raise ValueError(f"{name}: {len(output)} samples, the reference has {len(clean)}")
        row = {f"noisy_{key}": value for key, value in score(noisy, clean).items()}
        rows.append({"file": name, **row, **score(output, clean)})
    return rows


def valid_noises(corpus, seconds=5):
    """The first seconds of every noise of the valid split."""
    return {Path(row["path"]).stem: read_mono(Path(corpus) / row["path"])[: seconds * RATE]
            for row in read_manifest(corpus) if row["kind"] == "noise" and row["split"] == "valid"}


def evaluate_extremes(system, corpus, sets):
    """What should pass passes, and what is only noise goes. Output levels of noise are taken without the first half
    second, in which a causal system has to guess."""
    noises = valid_noises(corpus)
    outputs = enhance_signals(system, {**noises, "digital_silence": np.zeros(3 * RATE, np.float32)})
    silence = outputs.pop("digital_silence")
    drops = [level_drop(noises[name][RATE // 2:], output[RATE // 2:]) for name, output in outputs.items()]
    clean = []
    for name in sets:
        folder = Path(corpus) / "eval" / name / "clean"
        clean += [si_sdr(output, read_mono(folder / file)) for file, output in system(folder)]
    return {"clean_in_si_sdr": round(float(np.mean(clean)), 2), "clean_in_si_sdr_worst": round(float(np.min(clean)), 2),
            "noise_only_attenuation_db": round(float(np.mean(drops)), 2),
            "noise_only_attenuation_worst_db": round(float(np.min(drops)), 2),
            "silence_peak": float(np.max(np.abs(silence)))}


def system_of(arguments):
    if arguments.limpid:
        return Program(arguments.limpid, arguments.model)
    return Folder(arguments.enhanced) if arguments.enhanced else Network(arguments.model)


def print_table(summary):
    print(f"{'set':8} {'':8} {'SI-SDR':>8} {'WB-PESQ':>8} {'STOI':>8}")
    for name, row in summary.items():
        for label, prefix in (("noisy", "noisy_"), ("output", "")):
            print(f"{name:8} {label:8} {row[prefix + 'si_sdr']:8.2f} {row[prefix + 'pesq_wb']:8.3f} "
                  f"{row[prefix + 'stoi']:8.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--model", help="model file; alone: run by PyTorch, with --limpid: run by the program")
    parser.add_argument("--limpid", help="path of the limpid program")
    parser.add_argument("--enhanced", help="folder with output files")
    parser.add_argument("--sets", nargs="+", default=["vb60", "mix"])
    parser.add_argument("--csv", help="per-file scores")
    parser.add_argument("--json", help="means, for the model card")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    if not (arguments.model or arguments.limpid or arguments.enhanced):
        parser.error("one of --model, --limpid, --enhanced is needed")
    torch.set_num_threads(arguments.threads)
    system = system_of(arguments)
    rows = {name: evaluate_set(system, Path(arguments.corpus) / "eval" / name) for name in arguments.sets}
    summary = {name: mean_rows([{key: value for key, value in row.items() if key != "file"} for row in part])
               for name, part in rows.items()}
    print_table(summary)
    if not arguments.enhanced:
        summary["extremes"] = evaluate_extremes(system, arguments.corpus, arguments.sets)
        print(json.dumps(summary["extremes"]))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(summary, indent=2))
    if arguments.csv:
        with open(arguments.csv, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["set", *next(iter(rows.values()))[0]])
            writer.writeheader()
            writer.writerows({"set": name, **row} for name, part in rows.items() for row in part)


if __name__ == "__main__":
    main()
