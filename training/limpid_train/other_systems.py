"""Runs other noise suppressors over evaluation sets, into folders for evaluate.py --compare NAME=FOLDER."""
import argparse
import sys
import tempfile
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import correlate

from .scores import resampled
from .sets import ALL, items_of, read_audio
from .suppressors import DeepFilterNet, Dtln, Gtcrn, RNNoise, WebRtc


def run(system, audio):
    """A new system over audio at its own rate, with a second of silence behind, so that nothing late is lost."""
    frames = np.pad(audio, (0, -len(audio) % system.frame + system.rate // system.frame * system.frame))
    return np.concatenate([system.process(frame) for frame in frames.reshape(-1, system.frame)])


def latency(system, path):
    """By how many samples at its own rate a new system is late: where its output for a clean voice fits the voice best."""
    audio = resampled(*read_audio(path), system.rate)
    fit = correlate(run(system, audio), audio, "full", "fft")[len(audio) - 1:]
    return int(np.argmax(fit))


def enhance(make, late, item, output):
    """A file through a new system, as long as it was and without the system's latency."""
    system = make()
    audio, rate = read_audio(item.noisy)
    result = run(system, resampled(audio, rate, system.rate))[late:]
    result = resampled(result, system.rate, rate)[: len(audio)]
    soundfile.write(output / f"{item.name}.wav", result.astype(np.float32), rate, subtype="FLOAT")


def wanted_systems(arguments):
    if arguments.rnnoise:
        yield "rnnoise", RNNoise
    if arguments.webrtc:
        yield "webrtc", WebRtc
    if arguments.gtcrn:
        yield "gtcrn", partial(Gtcrn, arguments.gtcrn)
    if arguments.dtln:
        yield "dtln", partial(Dtln, *arguments.dtln)
    if arguments.deepfilternet:
        yield "deepfilternet", partial(DeepFilterNet, arguments.deepfilternet)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--outputs", required=True, type=Path, help="OUTPUTS/SYSTEM/SET/NAME.wav")
    parser.add_argument("--sets", nargs="+", default=[name for name in ALL if name != "silence"])
    parser.add_argument("--rnnoise", action="store_true", help="needs the PyPI package pyrnnoise")
    parser.add_argument("--webrtc", action="store_true", help="needs the PyPI package webrtc-noise-gain")
    parser.add_argument("--gtcrn", metavar="gtcrn_simple.onnx", help="needs onnxruntime, as --dtln does")
    parser.add_argument("--dtln", nargs=2, metavar=("model_1.onnx", "model_2.onnx"))
    parser.add_argument("--deepfilternet", metavar="FOLDER", help="enc.xml, …; needs the PyPI packages openvino and DeepFilterLib")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    arguments = parser.parse_args()
    if not any(wanted_systems(arguments)):
        parser.error("no system is named")
    with tempfile.TemporaryDirectory() as scratch, Pool(arguments.jobs) as pool:
        sets = {name: items_of(arguments.corpus, name, scratch) for name in arguments.sets}
        voice = items_of(arguments.corpus, "clean-in", scratch)[0].clean
        for name, make in wanted_systems(arguments):
            system = make()
            late = latency(system, voice)
            print(f"{name}: {1000 * late / system.rate:.1f} ms late", file=sys.stderr)
            for set_name, items in sets.items():
                folder = arguments.outputs / name / set_name
                folder.mkdir(parents=True, exist_ok=True)
                pool.starmap(enhance, [(make, late, item, folder) for item in items])


if __name__ == "__main__":
    main()
