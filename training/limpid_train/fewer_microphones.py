"""A network for some of the microphones of another, to begin its training from:
python -m limpid_train.fewer_microphones array4.safetensors --keep 0 2 -o start2.safetensors

Everything between the first and the last layers stays. The first no longer hear the others, the last no longer
filter them; so the start computes something sensible and not yet something good."""
import argparse
import json

import numpy as np

from . import weights
from .longconv import rows_of_masks


def of_microphones(tensors, config, keep):
    """Tensors and configuration for the microphones `keep`, the first of which must be the reference."""
    if keep[0] != 0 or len(set(keep)) != len(keep) or not all(0 <= mic < config["microphones"] for mic in keep):
        raise ValueError(f"--keep {keep}: microphone 0 first, then others of {config['microphones']}")
    if config["architecture"] == "longconv":
        return longconv(tensors, config, keep), {**config, "microphones": len(keep)}
    if config["architecture"] != "deftan2" or config.get("output") != "filter":
        raise ValueError("only a network whose output is a filter over its microphones can do without some of them")
    return deftan2(tensors, config, keep), {**config, "microphones": len(keep)}


def deftan2(tensors, config, keep):
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
    return tensors


def longconv(tensors, config, keep):
    """Every band hears four values a bin of each microphone."""
    tensors, others = dict(tensors), [mic - 1 for mic in keep[1:]]
    for band, width in enumerate(config["bands"]):
        heard = [mic * 4 * width + value for mic in keep for value in range(4 * width)]
        made = rows_of_masks(config, width, config["taps"], others, config.get("other_taps", 1))
        tensors[f"split.{band}.weight"] = np.take(tensors[f"split.{band}.weight"], heard, 1)
        for what in ("weight", "bias"):
            tensors[f"masks_of.{band}.{what}"] = np.take(tensors[f"masks_of.{band}.{what}"], made, 0)
    return tensors


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
