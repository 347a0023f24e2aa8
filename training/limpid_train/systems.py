"""Three ways to get enhanced audio for a folder of files: the network itself, the program, or files made before."""
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import torch

from .corpus import RATE, read_mono
from .weights import load_network


def audio_files(folder):
    return sorted(path for path in Path(folder).iterdir() if path.suffix in (".wav", ".flac"))


class Network:
    """The PyTorch definition, with the weights of a model file."""

    def __init__(self, model):
        self.network = load_network(model)

    def __call__(self, folder):
        for path in audio_files(folder):
            noisy = torch.as_tensor(read_mono(path))[None]
            with torch.no_grad():
                yield path.name, self.network(noisy)[0].numpy()


class Program:
    """The `limpid` command line."""

    def __init__(self, binary, model):
        self.command = [binary, "enhance"] + (["--model", model] if model else [])

    def __call__(self, folder):
        with tempfile.TemporaryDirectory() as output:
            subprocess.run([self.command[0], "enhance", str(folder), "-o", output, "--quiet", *self.command[2:]], check=True)
            yield from Folder(output)(folder)


class Folder:
    """Files of the same names, made by whatever system."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def __call__(self, folder):
        for path in audio_files(folder):
            found = [file for file in self.folder.rglob(path.name)]
            if not found:
                raise FileNotFoundError(f"{path.name}: not in {self.folder}")
            yield path.name, read_mono(found[0])


def enhance_signals(system, signals):
    """Named signals through a system that wants files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, signal in signals.items():
            soundfile.write(Path(folder) / f"{name}.wav", np.asarray(signal), RATE, subtype="FLOAT")
        return {Path(name).stem: output for name, output in system(folder)}
