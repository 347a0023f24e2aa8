"""Tables and pictures of docs/attention.md from what limpid_train.sinks.train wrote:
python -m limpid_train.sinks.report --runs runs/sinks --output ../docs [--json sinks.json]

Prints the tables as Markdown, mean ± standard deviation over the seeds; writes attention_*.png."""
import argparse
import json
from pathlib import Path

import matplotlib
import numpy as np
import torch

from . import measure
from .train import LENGTH, RUNS, load

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (after the backend)

WINDOWS = (4, 8, 16, 32)
NAMES = {"softmax": "softmax", "sigmoid": "sigmoid, b = −ln 64", "sink_logit": "sink logit, S from ln 64", "gated": "softmax, gate per head",
         "softmax1": "softmax1", "sink_logit-0": "sink logit, S from 0", "key_bias": "key bias, v* = 0", "lssar": "LSSAR, p = 3",
         "elu1": "elu + 1", "lssa": "LSSA", "linear": "linear with decay, 4 heads"}


def spread(values, digits=3):
    values = np.asarray(values, dtype=float)
    mean = round(values.mean(), digits) + 0.0  # no minus before zero
    return f"{mean:.{digits}f} ± {values.std(ddof=1):.{digits}f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def gather(runs):
    """Every measure of every run that is there."""
    found = {}
    for name, (_, factor) in RUNS.items():
        path = runs / f"{name}.pt"
        if not path.exists():
            continue
        models, languages, record = load(path)
        last = models[max(models)]
        result = {"seconds": record["seconds"], "steps": record["steps"]}
        if factor is None:
            result["sinks"] = measure.sinks(last, languages)
            result["eviction"] = {w: measure.eviction(last, languages, window=w) for w in WINDOWS}
        else:
            result["alignment"] = {step: measure.alignment(model, languages) for step, model in models.items()}
            result["intervention"] = measure.intervention(last, languages)
        found[name] = json.loads(json.dumps(result))  # keys as they will be read back
    return found


def sink_table(found):
    rows = []
    for name, label in NAMES.items():
        if name not in found:
            continue
        m = found[name]["sinks"]
        rows.append([label, spread(m["excess"]), spread(m["trigger_loss"]), spread(m["sink"], 0), spread(m["first_idle"]),
                     spread(m["first_busy"]), spread(m["row_mass"], 2), spread(m["mass_share"]), spread(m["after_gate"]),
                     spread(m["value_drain"], 2)])
    return table(["attention", "loss over floor", "loss after triggers", "Sink₁ %", "A₁ idle", "A₁ busy", "row mass", "mass share",
                  "after gate", "v₁ drain"], rows)


def eviction_table(found):
    rows = []
    for name, label in NAMES.items():
        if name not in found:
            continue
        cells = [label]
        for w in WINDOWS:
            e = found[name]["eviction"][str(w)]
            cells.append(spread(np.subtract(e["0"], e["all"]), 4))
        e = found[name]["eviction"]["8"]
        cells += [spread(np.subtract(e["1"], e["all"]), 4), spread(np.subtract(e["4"], e["all"]), 4)]
        rows.append(cells)
    return table(["attention"] + [f"window {w}" for w in WINDOWS] + ["8, first kept", "8, first 4 kept"], rows)


def alignment_table(found):
    rows = []
    for name in ("decorrelation-0", "decorrelation-1"):
        if name not in found:
            continue
        for step, m in found[name]["alignment"].items():
            ratio = np.divide(m["stop_received"], m["other_received"])
            rows.append([name[-1], step, spread(m["loss"]), spread(m["cos_stop"]), spread(m["cos_other"]), spread(ratio, 2),
                         spread(m["first_received"], 2), spread(m["peak"], 0)])
    return table(["λ", "step", "loss", "cos(first, stop)", "abs cos(first, other)", "α stop / α other", "α first", "peak / median"],
                 rows)


def intervention_table(found):
    rows = []
    for name in ("decorrelation-0", "decorrelation-1"):
        if name in found:
            m = found[name]["intervention"]
            rows.append([name[-1]] + [spread(m[key], 4) for key in ("stop", "stop_turned_away", "token", "token_turned_onto")])
    return table(["λ", "α of stops", "turned to 90°", "α of a token", "turned onto the first"], rows)


def bars(found, path):
    """Share of weight on the first token, and the price of evicting it, one point a seed."""
    names = [name for name in NAMES if name in found]
    figure, axes = pyplot.subplots(1, 3, figsize=(11, 0.36 * len(names) + 1.2), sharey=True)
    columns = (("mass share of the first token", [found[n]["sinks"]["mass_share"] for n in names]),
               ("loss over what must be, nats", [found[n]["sinks"]["excess"] for n in names]),
               ("loss when it leaves a window of 8, nats",
                [np.subtract(found[n]["eviction"]["8"]["0"], found[n]["eviction"]["8"]["all"]) for n in names]))
    for axis, (title, values) in zip(axes, columns):
        for row, points in enumerate(values):
            axis.barh(row, np.mean(points), color="#8fb4d8")
            axis.plot(points, [row] * len(points), "o", color="#1b4f83", markersize=3)
        axis.set_title(title, fontsize=9)
        axis.tick_params(labelsize=8)
    axes[0].set_yticks(range(len(names)), [NAMES[n] for n in names])
    axes[0].invert_yaxis()
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def maps(runs, path):
    """One sequence through the first seed of three kinds: weights of the only layer."""
    names = [n for n in ("softmax", "sigmoid", "sink_logit", "gated") if (runs / f"{n}.pt").exists()]
    figure, axes = pyplot.subplots(1, len(names), figsize=(2.7 * len(names), 2.9))
    for axis, name in zip(np.atleast_1d(axes), names):
        models, languages, _ = load(runs / f"{name}.pt")
        with torch.no_grad():
            a = models[max(models)](measure.fresh(languages, 1, LENGTH))[2][0]
        axis.imshow(a[0, 0, 0].numpy() ** 0.5, cmap="magma", vmin=0, vmax=1)
        axis.set_title(NAMES[name], fontsize=9)
        axis.tick_params(labelsize=7)
    figure.supxlabel("key", fontsize=8)
    np.atleast_1d(axes)[0].set_ylabel("query", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def curves(found, path):
    """Cosine of full stops to the first token while training, every seed, without and with the loss."""
    figure, axis = pyplot.subplots(figsize=(4.6, 2.9))
    for name, colour in (("decorrelation-0", "#b3411e"), ("decorrelation-1", "#1b4f83")):
        if name in found:
            steps = [int(step) for step in found[name]["alignment"]]
            lines = np.array([m["cos_stop"] for m in found[name]["alignment"].values()])
            axis.plot(steps, lines, color=colour, marker="o", markersize=3, linewidth=1)
            axis.plot([], [], color=colour, label=f"λ = {name[-1]}")
    axis.set_xlabel("step", fontsize=8)
    axis.set_ylabel("cos(first token, full stop)", fontsize=8)
    axis.set_ylim(-0.2, 1.05)
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found = gather(arguments.runs)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))
    print("\n".join([sink_table(found), eviction_table(found), alignment_table(found), intervention_table(found)]))
    bars(found, arguments.output / "attention_kinds.png")
    maps(arguments.runs, arguments.output / "attention_maps.png")
    if "decorrelation-0" in found:
        curves(found, arguments.output / "attention_decorrelation.png")


if __name__ == "__main__":
    main()
