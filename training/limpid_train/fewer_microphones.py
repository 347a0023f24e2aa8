"""A network for some of the microphones of another, to begin its training from:
python -m limpid_train.fewer_microphones array4.safetensors --keep 0 2 -o start2.safetensors

Everything between the first and the last convolutions stays. The first no longer hears the others, the last no longer
filters them; so the start computes something sensible and not yet something good."""
import argparse
import json

import numpy as np

from . import weights


def of_microphones(tensors, config, keep):
    """Tensors and configuration for the microphones `keep`, the first of which must be the reference."""
    if config["architecture"] != "deftan2" or config.get("output") != "filter":
        raise ValueError("only a network whose output is a filter over its microphones can do without some of them")
    if keep[0] != 0 or len(set(keep)) != len(keep) or not all(0 <= mic < config["microphones"] for mic in keep):
        raise ValueError(f"--keep {keep}: microphone 0 first, then others of {config['microphones']}")
    groups, planes = config["heads"], np.array([2 * mic + part for mic in keep for part in (0, 1)])
    grouped = (planes[:, None] * groups + np.arange(groups)).ravel()         # interleaved: plane p of group g
    tensors = dict(tensors)

    def pick(name, rows, axis=0):
        tensors[name] = np.take(tensors[name], rows, axis)

    pick("up_conv.0.weight", planes, 1)
    pick("down_conv.0.weight", grouped)
    pick("down_conv.0.bias", grouped)
    for group in range(groups):
        stage = f"down_conv.1.blocks.{group}"
        before = planes if group == 0 else np.concatenate([planes, 2 * config["microphones"] + planes])
        pick(f"{stage}.0.weight", before, 1)
        for name in (f"{stage}.0.weight", f"{stage}.0.bias", f"{stage}.2.weight"):
            if name in tensors:
                pick(name, planes)
    return tensors, {**config, "microphones": len(keep)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--keep", type=int, nargs="+", required=True, help="microphones, the reference (0) first")
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    tensors, metadata = weights.read(args.model)
    weights.write(args.output, *of_microphones(tensors, json.loads(metadata["config"]), args.keep),
                  {**json.loads(metadata["card"]), "summary": f"microphones {args.keep} of another network, not trained"})


if __name__ == "__main__":
    main()
