"""Instrumental music as noise: python -m limpid_train.music FOLDER. A corpus folder (manifest.csv) of random notes in
random scales, played by the instruments of a General MIDI sound font. Instruments beside a talker are noise to a denoiser,
and free recordings of them alone are few. Needs Debian's packages fluidsynth and fluid-soundfont-gm (MIT licence)."""
import argparse
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from .corpus import write_manifest
from .shoebox import RATE

TICKS = 480  # per second: one quarter a second, so that times are written as they are
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10), "pentatonic": (0, 2, 4, 7, 9),
          "blues": (0, 3, 5, 6, 7, 10)}
PROGRAMS = [p for p in range(120) if p not in (52, 53, 54, 85, 91)]  # General MIDI, less voices and what sounds like them
DRUMS, DRUM_KEYS = 9, range(35, 82)
LEVEL = 10 ** (-26 / 20)
SOUND_FONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"


def variable_length(value):
    """A number as MIDI files write times: seven bits a byte, highest first."""
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(value & 0x7F | 0x80)
    return bytes(reversed(parts))


def midi_file(events):
    """Bytes of a MIDI file with one track of (seconds, message), in any order."""
    track, now = b"\x00\xff\x51\x03" + (1_000_000).to_bytes(3, "big"), 0
    for seconds, message in sorted(events, key=lambda event: event[0]):
        tick = round(seconds * TICKS)
        track += variable_length(tick - now) + bytes(message)
        now = tick
    track += b"\x00\xff\x2f\x00"
    head = b"MThd" + bytes([0, 0, 0, 6, 0, 0, 0, 1]) + TICKS.to_bytes(2, "big")
    return head + b"MTrk" + len(track).to_bytes(4, "big") + track


def note(channel, start, length, key, velocity):
    return [(start, (0x90 | channel, key, velocity)), (start + length, (0x80 | channel, key, 0))]


def pitched_part(rng, channel, scale, seconds):
    """One instrument: a melody that wanders along the scale, chords, or chords note by note, with rests."""
    low, width = int(rng.integers(36, 72)), len(scale)
    kind, beat = rng.choice(["melody", "chords", "strummed"]), np.exp(rng.uniform(np.log(0.12), np.log(1.2)))
    events = [(0.0, (0xC0 | channel, int(rng.choice(PROGRAMS)))), (0.0, (0xB0 | channel, 1, int(rng.integers(0, 90))))]
    time, degree, loud = rng.uniform(0, 2), int(rng.integers(0, 2 * width)), rng.integers(50, 115)
    while time < seconds:
        length = beat * rng.choice([0.5, 1, 1, 2, 4], p=[0.2, 0.3, 0.2, 0.2, 0.1])
        degree = int(np.clip(degree + rng.integers(-3, 4), 0, 2 * width))
        count, apart = (1, 0) if kind == "melody" else (rng.integers(3, 6), 0 if kind == "chords" else rng.uniform(0.01, 0.2))
        for i in range(count if rng.random() < 0.9 else 0):
            octave, step = divmod(degree + 2 * i, width)
            key, velocity = min(108, low + 12 * octave + scale[step]), int(np.clip(loud + rng.normal(0, 12), 20, 127))
            events += note(channel, time + i * apart, length * rng.uniform(0.5, 1.1), key, velocity)
        time += length
    return events


def drum_part(rng, seconds):
    """Four to eight drums, each at its own beats of a bar."""
    beat, events = rng.uniform(0.08, 0.25), []
    for key in rng.choice(DRUM_KEYS, rng.integers(4, 9), replace=False):
        pattern = rng.random(16) < rng.uniform(0.05, 0.4)
        for i in range(int(seconds / beat)):
            if pattern[i % 16]:
                events += note(DRUMS, i * beat, 0.1, int(key), int(rng.integers(40, 120)))
    return events


def piece(rng, seconds):
    """One to three instruments in one scale, drums now and then."""
    scale = SCALES[rng.choice(list(SCALES))]
    events = drum_part(rng, seconds) if rng.random() < 0.2 else []
    for channel in range(rng.choice([1, 2, 3], p=[0.6, 0.25, 0.15])):
        events += pitched_part(rng, channel, scale, seconds)
    return events


def render(events, seconds, sound_font):
    """What FluidSynth makes of a piece: float32 mono at the recipe's rate, at -26 dBFS or less, with peaks of at most 0.9."""
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder) / "piece.mid", Path(folder) / "piece.wav"
        score.write_bytes(midi_file(events))
        subprocess.run(["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", str(3 * RATE), "-F", str(sound), sound_font, str(score)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        audio, rate = soundfile.read(sound, dtype="float32", always_2d=True)
    mono = resample_poly(audio.mean(1), RATE, rate)[:int(seconds * RATE)].astype(np.float32)
    gain = min(LEVEL / (np.sqrt(np.mean(mono ** 2)) + 1e-9), 0.9 / (np.abs(mono).max() + 1e-9))
    return mono * np.float32(gain)


def write_corpus(folder, count, seconds, seed, sound_font=SOUND_FONT, jobs=1):
    """`count` pieces, each of its own seed, and the manifest."""
    if not Path(sound_font).is_file():  # what FluidSynth says of it is not shown
        raise FileNotFoundError(f"{sound_font}: no such sound font")
    folder = Path(folder)
    (folder / "noise" / "music").mkdir(parents=True, exist_ok=True)

    def write(i):
        path = f"noise/music/piece_{i:03d}.flac"
        audio = render(piece(np.random.default_rng([seed, i]), seconds), seconds, sound_font)
        soundfile.write(folder / path, audio, RATE, subtype="PCM_16")
        return [path, "noise", "music", "", "", f"{len(audio) / RATE:.2f}", "MIT (sound font)", "train"]

    with ThreadPoolExecutor(jobs) as pool:
        rows = list(pool.map(write, range(count)))
    write_manifest(folder, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=90)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sound-font", default=SOUND_FONT)
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    write_corpus(arguments.folder, arguments.count, arguments.seconds, arguments.seed, arguments.sound_font, arguments.jobs)


if __name__ == "__main__":
    main()
