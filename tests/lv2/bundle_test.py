#!/usr/bin/env python3
"""What lilv, which most hosts read bundles with, finds in limpid's, and what comes out of it there: bundle_test.py BUNDLE LIMPID.
Exits with 77 where lilv's tools are missing."""
import array
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import wave

BUNDLE, LIMPID = pathlib.Path(sys.argv[1]).resolve(), os.path.abspath(sys.argv[2])
URIS = ["urn:limpid:array_2", "urn:limpid:array_4",
        *(f"urn:limpid:{model}_{channels}" for model in ("base", "frcrn", "light") for channels in ("mono", "stereo"))]
RATE = 48000


def run(*command):
    """What it prints; on standard error nothing may be."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120,
                            env={**os.environ, "LV2_PATH": f"{BUNDLE.parent}:/usr/lib/lv2"})
    if result.returncode or result.stderr:
        raise AssertionError(f"{command}: {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result.stdout


def write(path, samples, channels):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array.array("h", samples).tobytes())


def read(path):
    with wave.open(str(path)) as file:
        return array.array("h", file.readframes(file.getnframes()))


class Bundle(unittest.TestCase):
    def test_all_plugins_are_found(self):
        self.assertEqual([uri for uri in run("lv2ls").split() if "limpid" in uri], URIS)

    def test_ports_are_described(self):
        for uri in URIS:
            about = run("lv2info", uri)
            ports = re.split(r"\tPort \d+:\n", about)[1:]
            symbols = [re.search(r"Symbol:\s+(\S+)", port)[1] for port in ports]
            further = {"stereo": ["in_2", "out_2"], "2": ["in_2"], "4": ["in_2", "in_3", "in_4"]}.get(uri.split("_")[1], [])
            self.assertEqual(symbols, ["limit", "latency", "voice", "enabled", "in_1", "out_1", *further])
            self.assertRegex(about, "Has latency: +yes, reported by port 1\n")
            self.assertIn("lv2core#hardRTCapable", about)
            self.assertIn("lv2core#enabled", ports[3])
            for text in ("Minimum:     0.000000", "Maximum:     100.000000", "Default:     100.000000"):
                self.assertIn(text, ports[0])

    def test_stereo_is_one_signal(self):
        """GStreamer offers no others than plug-ins of one input and one output."""
        for uri in URIS:
            ports = re.findall(r"Symbol:\s+(\w+_\d)\n.*\n\s+Group:\s+(\S+)\n\s+Designation:\s+\S+port-groups#(\w+)\n", run("lv2info", uri))
            sides = [(f"{way}_{channel}", f"{uri}#{way}", side) for channel, side in ((1, "left"), (2, "right")) for way in ("in", "out")]
            self.assertEqual(ports, sides if uri.endswith("stereo") else [])

    def test_output_is_that_of_enhance(self):
        draw = random.Random(1)
        with tempfile.TemporaryDirectory(prefix="limpid_") as made:
            folder = pathlib.Path(made)
            for channels, uri, model, outputs, limit in ((1, "light_mono", "light", 1, 12), (2, "frcrn_stereo", "frcrn", 2, 100),
                                                         (2, "array_2", "array-light-2", 1, 100)):
                write(folder / "in.wav", [int(draw.gauss(0, 3000)) for _ in range(RATE * channels)], channels)
                run("lv2apply", "-i", folder / "in.wav", "-o", folder / "out.wav", "-c", "limit", limit, f"urn:limpid:{uri}")
                subprocess.run([LIMPID, "enhance", folder / "in.wav", "-o", folder / "wanted.wav", "--overwrite", "-q", "-m", model,
                                "-a", str(limit % 100)], check=True, capture_output=True)
                out, wanted = read(folder / "out.wav")[959 * outputs:], read(folder / "wanted.wav")
                self.assertGreater(len(out), RATE // 2)
                self.assertLessEqual(max(abs(a - b) for a, b in zip(out, wanted)), 2)  # each rounds in its own way


if __name__ == "__main__":
    if not all(shutil.which(tool) for tool in ("lv2ls", "lv2info", "lv2apply")):
        print("skipped: no lilv-utils here")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
