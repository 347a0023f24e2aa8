#!/usr/bin/env python3
"""Fails when a file includes upwards or sideways. The tables are the architecture. --self-test: that it does."""
import pathlib
import re
import sys
import tempfile

BASE = ["include/limpid", "lib/base", "lib/tensor"]
MAY_INCLUDE = {
    "include/limpid": [],
    "lib/base": ["include/limpid"],
    "lib/tensor": ["include/limpid", "lib/base"],
    "lib/io": BASE,
    "lib/kernels": BASE,
    "lib/kernels/cuda": BASE + ["lib/kernels"],
    "lib/dsp": BASE + ["lib/kernels"],
    "lib/nn": BASE + ["lib/kernels", "lib/io"],
    "lib/model": BASE,
    "lib/analysis": BASE + ["lib/nn", "lib/model"],
    "models": ["lib", "include/limpid"],
    "streaming": BASE + ["lib/model", "lib/kernels", "lib/dsp"],
    "api": ["lib", "models", "streaming", "include/limpid"],
    "examples": ["lib", "models", "streaming", "api", "include/limpid"],
    "examples/plugin": ["include/limpid"],
    "examples/ladspa": ["include/limpid", "examples/plugin"],
    "examples/lv2": ["include/limpid", "examples/plugin"],
    "bench": ["lib", "models", "streaming", "include/limpid"],
    "tests": ["lib", "models", "streaming", "api", "include/limpid", "examples"],
}
# Headers, and the only places that may know them.
PROGRAMS = r"examples/|tests/|bench/"
OWNER = {
    # third-party
    r"ladspa\.h": r"examples/ladspa/|tests/ladspa/",
    r"lv2/": r"examples/lv2/|tests/lv2/",
    r"portaudio\.h": r"streaming/portaudio_\w+\.cpp|tests/streaming/fake_portaudio\.h",
    r"fftw3\.h": r"lib/dsp/|bench/",
    r"kiss_fft": r"lib/dsp/|bench/",
    r"sndfile\.h": r"lib/io/",
    r"samplerate\.h": r"lib/dsp/",
    r"hwy/": r"lib/kernels/|tests/|bench/",
    r"cuda|cufft": r"lib/kernels/cuda/",
    # for programs only, which need libsndfile and libsamplerate
    r"lib/io/(atomic_file|audio_|metadata|output_format|stream_parts|sound_part|mpeg_frames|file_bytes|file_window|planar|promised_size|quantizer)":
        rf"lib/io/|{PROGRAMS}",
    r"lib/dsp/resampler\.h": rf"lib/dsp/resampler\.cpp|{PROGRAMS}",
} | {
    # a network knows no other one, and only the registry knows them all
    rf"models/{network}/": rf"models/{network}/|models/registry\.cpp|{PROGRAMS}"
    for network in ["avsr", "deftan2", "frcrn", "longconv"]
}


def layer(path):
    if path.startswith("limpid/"):
        path = "include/" + path
    hits = [name for name in MAY_INCLUDE if path == name or path.startswith(name + "/")]
    return max(hits, key=len, default=None)


def allowed(mine, theirs):
    return theirs == mine or any(theirs == a or theirs.startswith(a + "/") for a in MAY_INCLUDE[mine])


def check(root):
    problems = []
    for file in sorted(root.rglob("*")):
        here = file.relative_to(root).as_posix()
        mine = layer(here)
        if mine is None or file.suffix not in {".h", ".hpp", ".cpp", ".c", ".cu", ".cuh", ".inl"}:
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*["<]([^">]+)', line)
            if not match:
                continue
            target, theirs = match[1], layer(match[1])
            if theirs and not allowed(mine, theirs):
                problems.append(f"{here}:{number}: {mine} must not include {target}")
            for header, owner in OWNER.items():
                if re.match(header, target) and not re.match(owner, here):
                    problems.append(f"{here}:{number}: {target} belongs to {owner}")
    return problems


# A file, what it includes, and whether it may.
EXAMPLES = [
    ("lib/base/a.h", "lib/tensor/tensor.h", False),
    ("lib/tensor/a.h", "lib/base/arena.h", True),
    ("models/mask_model.h", "streaming/meters.h", False),
    ("streaming/a.cpp", "models/registry.h", False),
    ("streaming/a.cpp", "portaudio.h", False),
    ("streaming/portaudio_device.cpp", "portaudio.h", True),
    ("models/frcrn/a.cpp", "models/longconv/features.h", False),
    ("models/frcrn/a.cpp", "models/frcrn/unet.h", True),
    ("models/frcrn/a.cpp", "models/gpu/session.h", True),
    ("models/gpu/a.cpp", "models/deftan2/layers.h", False),
    ("models/mask_model.h", "models/frcrn/unet.h", False),
    ("models/registry.cpp", "models/avsr/as_model.h", True),
    ("tests/models/a.cpp", "models/avsr/decoder.h", True),
    ("api/a.cpp", "models/avsr/decoder.h", False),
    ("api/a.cpp", "models/registry.h", True),
    ("api/a.cpp", "lib/io/audio_file.h", False),
    ("models/a.cpp", "lib/io/output_format.h", False),
    ("models/a.cpp", "lib/io/weights.h", True),
    ("examples/limpid/a.cpp", "lib/io/audio_file.h", True),
    ("examples/ladspa/a.cpp", "lib/io/audio_file.h", False),
    ("examples/ladspa/a.cpp", "limpid/limpid.hpp", True),
    ("streaming/a.cpp", "lib/dsp/resampler.h", False),
    ("examples/limpid/a.cpp", "lib/dsp/resampler.h", True),
]


def self_test():
    """The examples above that check() judges wrongly."""
    wrong = []
    for here, target, may in EXAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, here)
            file.parent.mkdir(parents=True)
            file.write_text(f'#include "{target}"\n')
            if (not check(pathlib.Path(folder))) != may:
                wrong.append(f"{here} includes {target}, which is taken for {'wrong' if may else 'right'}")
    return wrong


if __name__ == "__main__":
    asked = sys.argv[1] if len(sys.argv) > 1 else "."
    found = self_test() if asked == "--self-test" else check(pathlib.Path(asked))
    print("\n".join(found) or "layers ok")
    sys.exit(bool(found))
