"""Three ways to get enhanced audio for files: the network itself, the program, or files made before.

Each is called with (set name, items, folder for outputs) and returns the path of the output of each item.
"""
import glob
import subprocess
from pathlib import Path

import soundfile

from .sets import MADE

SUFFIXES = (".flac", ".wav")


class Network:
    """The PyTorch definition, with the weights of a model file, on files of the rate that it was trained for alone."""

    def __init__(self, model):
        from .weights import load_network
        self.network = load_network(model)
        self.rate = self.network.config["sample_rate"]

    def __call__(self, _, items, output):
        import torch
        paths = []
        for item in items:
            if item.rate != self.rate:
                raise ValueError(f"{item.noisy}: {item.rate} Hz, the network is for {self.rate}")
            audio = soundfile.read(item.noisy, dtype="float32", always_2d=True)[0].T
            heard = audio if "microphones" in self.network.config else audio[0]
            with torch.no_grad():
                result = self.network(torch.tensor(heard)[None])[0].numpy()
            paths.append(output / f"{item.name}.wav")
            soundfile.write(paths[-1], result, item.rate, subtype="FLOAT")
        return paths


def output_of(command):
    """What a program prints; where it fails, the error is what it said."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


class Program:
    """The `limpid` command line."""

    def __init__(self, binary, model=None, jobs=1, options=()):
        model = ["--model", str(model)] if model else []
        self.command = [str(binary), "enhance", "--quiet", "--overwrite", "--jobs", str(jobs), *model, *options]

    def __call__(self, _, items, output):
        for folder in sorted({item.noisy.parent for item in items}):
            files = [str(item.noisy) for item in items if item.noisy.parent == folder]
            output_of([*self.command, *files, "-o", str(output)])
        return [output / item.noisy.name for item in items]


class Folder:
    """Files of the same names, made by whatever system, in FOLDER/SET/ or, for sets that are folders of the corpus, anywhere
    below FOLDER."""

    def __init__(self, folder):
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise NotADirectoryError(f"{folder}: no such folder")

    def find(self, set_name, item):
        """The path, or None. Several that could be meant are refused."""
        found = [path for suffix in SUFFIXES if (path := self.folder / set_name / (item.name + suffix)).exists()]
        if not found and set_name not in MADE:
            found = [path for path in sorted(self.folder.rglob(f"{glob.escape(item.name)}.*")) if path.suffix in SUFFIXES
                     and not {"clean-in", "telephone"} & set(path.relative_to(self.folder).parts)]  # the same names
        if len(found) > 1:
            raise ValueError(f"{item.name}: is it {found[0]} or {found[1]}? A folder with the files of one system is needed")
        return found[0] if found else None

    def __call__(self, set_name, items, _):
        """Nothing for a set that is not there; one file missing of a set that is there is an error."""
        paths = [self.find(set_name, item) for item in items]
        if not any(paths):
            return None
        for item, path in zip(items, paths):
            if path is None:
                raise FileNotFoundError(f"{item.name}: not in {self.folder}, where others of {set_name} are")
        return paths
