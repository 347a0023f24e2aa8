"""The recogniser's tables and picture of docs/attention.md from what limpid_train.avsr.score wrote:
python -m limpid_train.avsr.tables scores.json --output ../docs"""
import argparse
import json
from pathlib import Path

import matplotlib

from .score import SNRS
from .train import RATES

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (after the backend)


def wer(result, **wanted):
    """The mean over the rows that agree with `wanted`."""
    found = [row["wer"] for row in result["wer"] if all(row[key] == value for key, value in wanted.items())]
    return sum(found) / len(found)


def rate_table(results, part):
    """Word error rates by rate, averaged over the SNRs; lips alone know no noise."""
    lines = ["| run | input | " + " | ".join(f"R = {rate}" for rate in RATES) + " |", "|---" * (2 + len(RATES)) + "|"]
    for name, result in results.items():
        for mode, label in (("audio", "audio"), ("video", "lips"), ("both", "both")):
            cells = [f"{wer(result, part=part, rate=rate, mode=mode):.1f}" for rate in RATES]
            lines.append(f"| {name} | {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def noise_table(results, part):
    """Word error rates by SNR, averaged over the rates."""
    lines = ["| run | input | " + " | ".join(f"{snr} dB" for snr in SNRS) + " |", "|---" * (2 + len(SNRS)) + "|"]
    for name, result in results.items():
        for mode in ("audio", "both"):
            cells = [f"{wer(result, part=part, snr=snr, mode=mode):.1f}" for snr in SNRS]
            lines.append(f"| {name} | {mode} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def look_table(results):
    """Where the decoders look, at R = 4 and R = 16."""
    keys = ("bos_share", "delimiter", "other", "row_mass", "cos_delimiter", "cos_other", "peak")
    lines = ["| run | R | mass share of `<bos>` | α delimiters | α others | row mass | cos(bos, delimiter) | abs cos(bos, other) | "
             "peak / median |", "|---" * 9 + "|"]
    for name, result in results.items():
        for rate in ("4", "16"):
            look = result["look"][rate]
            lines.append(f"| {name} | {rate} | " + " | ".join(f"{look[key]:.3f}" for key in keys) + " |")
    return "\n".join(lines) + "\n"


def plot(results, path):
    figure, axes = pyplot.subplots(1, len(SNRS), figsize=(11, 2.8), sharey=True)
    for axis, snr in zip(axes, SNRS):
        for number, (name, result) in enumerate(results.items()):
            for mode, style in (("audio", "--"), ("both", "-")):
                axis.plot(range(len(RATES)), [wer(result, part="test", snr=snr, rate=rate, mode=mode) for rate in RATES], style,
                          color=f"C{number}", marker="o", markersize=3, label=f"{name}, {mode}")
        axis.set_xticks(range(len(RATES)), RATES)
        axis.set_xlabel("R", fontsize=8)
        axis.set_title(f"{snr} dB", fontsize=9)
        axis.tick_params(labelsize=8)
    axes[0].set_ylabel("word error rate, %", fontsize=8)
    axes[-1].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scores", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    results = json.loads(arguments.scores.read_text())
    for part in ("test", "unheard"):
        print(part + "\n\n" + rate_table(results, part) + "\n" + noise_table(results, part))
    print(look_table(results))
    plot(results, arguments.output / "attention_recogniser.png")


if __name__ == "__main__":
    main()
