"""A corpus once more as Opus, for machines that are reached through small transfers:
python -m limpid_train.compress CORPUS OUT. Responses of rooms, and what is Opus already, stay as they are."""
import argparse
import shutil
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import soundfile

from .corpus import RATE, read_manifest, read_mono, write_manifest

LEAST, MOST = 6, 256                                      # kbit/s of libsndfile's levels 1 and 0


def compress(corpus, output, kbit, row):
    """Writes a file and returns its row of the new manifest."""
    source = corpus / row["path"]
    kept = row["kind"] == "rir" or source.suffix == ".opus"
    path = row["path"] if kept else Path(row["path"]).with_suffix(".opus").as_posix()
    (output / path).parent.mkdir(parents=True, exist_ok=True)
    if kept:
        shutil.copyfile(source, output / path)
    else:
        soundfile.write(output / path, read_mono(source), RATE, format="OGG", subtype="OPUS",
                        compression_level=1 - (kbit - LEAST) / (MOST - LEAST))
    return row | {"path": path}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("output", help="a new folder")
    parser.add_argument("--kbit", type=float, default=24, help="a second (default: 24)")
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    if not LEAST <= args.kbit <= MOST:
        parser.error(f"--kbit {args.kbit:g}: not {LEAST} to {MOST}")
    rows, output = read_manifest(args.corpus), Path(args.output)
    output.mkdir(parents=True)
    with Pool(args.processes) as pool:
        written = pool.map(partial(compress, Path(args.corpus), output, args.kbit), rows, chunksize=8)
    write_manifest(output, [row.values() for row in written], rows[0].keys())


if __name__ == "__main__":
    main()
