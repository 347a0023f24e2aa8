"""Averages two model files of one network, weight by weight: python -m limpid_train.average BEFORE AFTER --share 0.75 -o OUTPUT

Between the weights before and after a long training lies a network that has most of what was learnt and has forgotten less (Wortsman
et al. 2022, "Robust fine-tuning of zero-shot models"). For --start of another run; the card is that of AFTER."""
import argparse
import json

from . import weights


def average(before, after, share):
    """`share` of `after`, the rest of `before`: dictionaries of tensors of the same names and shapes."""
    if {name: value.shape for name, value in before.items()} != {name: value.shape for name, value in after.items()}:
        raise ValueError("these are files of different networks")
    return {name: (1 - share) * before[name] + share * value for name, value in after.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--share", type=float, default=0.5, help="of AFTER")
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    (before, _), (after, about) = (weights.read(path) for path in (arguments.before, arguments.after))
    weights.write(arguments.output, average(before, after, arguments.share), json.loads(about["config"]), json.loads(about["card"]))


if __name__ == "__main__":
    main()
