"""How well the program's voice output finds speech: python -m limpid_train.voice_scores --corpus CORPUS --limpid LIMPID [--model M]

The truth is the clean file: frames within 35 dB of its loud ones."""
import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import torch

from .losses import speech_frames
from .sets import SPEECH, items_of, read_audio
from .spectrum import Stft
from .systems import output_of

FRAME = {"window": 0.02, "hop": 0.01}


def area_under_curve(probabilities, speech):
    """The chance that a frame of speech has a higher probability than one without; ties count half."""
    order = np.argsort(probabilities, kind="stable")
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    for value in np.unique(probabilities[order][1:][np.diff(probabilities[order]) == 0]):
        ranks[probabilities == value] = ranks[probabilities == value].mean()
    with_speech = speech.sum()
    return (ranks[speech].sum() - with_speech * (with_speech + 1) / 2) / (with_speech * (~speech).sum())


def truth(path):
    """Which frames of a clean file carry speech."""
    clean, rate = read_audio(path)
    stft = Stft({**FRAME, "sample_rate": rate})
    return speech_frames(stft(torch.tensor(clean, dtype=torch.float32)[None]))[0].numpy() > 0.5


def program_voice(command, items):
    """Probability of speech in every frame of every item."""
    with tempfile.TemporaryDirectory() as folder:
        lines = output_of([*command, *(str(item.noisy) for item in items), "-o", folder]).splitlines()
    rows = {Path(row["input"]).name: row for row in map(json.loads, lines) if row["type"] == "file"}
    return [np.array(rows[item.noisy.name]["voice"]["probability"][0]) for item in items]


def scores(probabilities, speech, threshold=0.5):
    called = probabilities > threshold
    return {"frames": len(speech), "speech": round(float(speech.mean()), 3),
            "area_under_curve": round(float(area_under_curve(probabilities, speech)), 3),
            "found": round(float(called[speech].mean()), 3), "false_alarms": round(float(called[~speech].mean()), 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--limpid", required=True, help="the limpid program")
    parser.add_argument("--model", help="name or file (default: the program's default)")
    parser.add_argument("--set", default="mix", choices=SPEECH)
    parser.add_argument("--every", type=int, default=1, help="only every n-th file, as many of each SNR as can be")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        items = items_of(arguments.corpus, arguments.set, scratch, arguments.every)
        model = ["--model", arguments.model] if arguments.model else []
        voices = program_voice([arguments.limpid, "enhance", "--quiet", "--json", "--voice", *model], items)
    pairs = [(voice, truth(item.clean)) for voice, item in zip(voices, items)]
    lengths = [min(map(len, pair)) for pair in pairs]
    voice, speech = (np.concatenate([pair[side][:n] for pair, n in zip(pairs, lengths)]) for side in (0, 1))
    print(json.dumps(scores(voice, speech)))


if __name__ == "__main__":
    main()
