# SPDX-License-Identifier: MIT
"""limpid convolve: the numbers, the channels, and what it refuses."""
import json
import math
import random
import struct

from end_to_end import FAILED, OK, USAGE, EndToEnd, run
from recordings import read_float_wav, wav_bytes


def noise(count, seed):
    source = random.Random(seed)
    return [source.uniform(-0.1, 0.1) for _ in range(count)]


def convolution(x, h):
    y = [0.0] * (len(x) + len(h) - 1)
    for j, tap in enumerate(h):
        for t, sample in enumerate(x):
            y[t + j] += tap * sample
    return y


class Convolve(EndToEnd):
    def float_file(self, name, *channels, rate=16000):
        values = [value for frame in zip(*channels) for value in frame]
        data = struct.pack(f"<{len(values)}f", *values)
        (self.folder / name).write_bytes(wav_bytes(3, len(channels), rate, 32, data))

    def convolve(self, *options, output="a.convolved.wav", channels=1):
        result = self.limpid("convolve", "a.wav", "--ir", "ir.wav", "--overwrite", *options)
        self.assertEqual(result.returncode, OK, result.stderr)
        values = read_float_wav(self.folder / output)
        return [values[c::channels] for c in range(channels)]

    def expect_near(self, got, want):
        self.assertEqual(len(got), len(want))
        self.assertLess(max(abs(g - w) for g, w in zip(got, want)), 1e-5 * max(map(abs, want)))

    def test_convolve_is_the_definition_with_its_tail(self):
        x, h = noise(2000, 1), noise(700, 2)
        self.float_file("a.wav", x), self.float_file("ir.wav", h)
        self.expect_near(self.convolve()[0], convolution(x, h))
        self.expect_near(self.convolve("--gain", "-20")[0], [0.1 * y for y in convolution(x, h)])
        self.expect_near(self.convolve("--tail", "0")[0], convolution(x, h)[:2000])
        self.expect_near(self.convolve("--tail", "0.01")[0], convolution(x, h)[:2160])

    def test_convolve_routes_channels(self):
        x, y = noise(300, 1), noise(300, 2)
        h = [noise(40, 3 + i) for i in range(4)]
        add = lambda a, b: [p + q for p, q in zip(a, b)]
        self.float_file("ir.wav", h[0])
        self.float_file("a.wav", x, y)  # each through the one filter
        got = self.convolve(channels=2)
        self.expect_near(got[0], convolution(x, h[0])), self.expect_near(got[1], convolution(y, h[0]))
        self.float_file("ir.wav", *h[:2])  # each through its own
        got = self.convolve(channels=2)
        self.expect_near(got[0], convolution(x, h[0])), self.expect_near(got[1], convolution(y, h[1]))
        self.float_file("ir.wav", *h)  # a matrix
        got = self.convolve(channels=2)
        self.expect_near(got[0], add(convolution(x, h[0]), convolution(y, h[2])))
        self.expect_near(got[1], add(convolution(x, h[1]), convolution(y, h[3])))
        got = self.convolve("--route", "2:1:4", "--route", "1:1:2")
        self.expect_near(got[0], add(convolution(y, h[3]), convolution(x, h[1])))
        self.float_file("a.wav", x)  # mono becomes as many as there are filters
        self.expect_near(self.convolve(channels=4)[3], convolution(x, h[3]))

    def test_convolve_resamples_the_response(self):
        self.float_file("a.wav", [0.25] * 8000)
        self.float_file("ir.wav", [0.0] * 50 + [2 ** (-i / 20) for i in range(200)], rate=8000)
        result = self.limpid("convolve", "a.wav", "--ir", "ir.wav")
        self.assertIn("note: ir.wav was resampled from 8000 to 16000 Hz", result.stderr)
        loud = read_float_wav(self.folder / "a.convolved.wav")[4000]
        self.assertAlmostEqual(loud, 0.25 * sum(2 ** (-i / 20) for i in range(200)), delta=0.02)

    def test_convolve_resamples_a_response_that_begins_with_its_peak(self):
        tone = lambda hertz: [0.25 * math.sin(2 * math.pi * hertz * t / 48000) for t in range(12000)]
        def level(hertz, response, rate=16000):
            self.float_file("a.wav", tone(hertz), rate=48000)
            self.float_file("ir.wav", response, rate=rate)
            out = self.convolve("--tail", "0")[0][4800:9600]
            return 10 * math.log10(sum(y * y for y in out) / len(out) / (0.25 ** 2 / 2) + 1e-20)
        for peak in (0, 1, 150):
            response = [0.0] * 200
            response[peak] = 1.0
            self.assertAlmostEqual(level(100, response), 0.0, delta=0.01)
            self.assertAlmostEqual(level(6000, response), 0.0, delta=0.01)
            self.assertLess(level(12000, response), -100.0, "beyond the response's band")
        self.assertAlmostEqual(level(100, [1.0]), 0.0, delta=0.01)  # first and last at once
        self.assertAlmostEqual(level(1000, [1.0], rate=96000), 0.0, delta=0.01)

    def test_convolve_is_aligned_and_as_long_whatever_the_rate_of_the_response(self):
        click = [0.0] * 2000
        click[1000] = 0.5
        self.float_file("a.wav", click, rate=48000)
        for rate in (16000, 44100, 96000):
            self.float_file("ir.wav", [1.0] + [0.0] * (rate // 100 - 1), rate=rate)
            out = self.convolve()[0]
            self.assertEqual(len(out), 2000 + 480 - 1)
            self.assertEqual(max(range(len(out)), key=lambda i: abs(out[i])), 1000)

    def test_convolve_keeps_the_kind_of_file_and_tells_in_json(self):
        self.wav("rec/b.wav", rate=44100, channels=2, bits=24, seconds=0.3)
        self.float_file("ir.wav", noise(441, 1), rate=44100)
        result = self.limpid("convolve", "rec", "--ir", "ir.wav", "-o", "out", "--json")
        self.assertEqual(result.returncode, OK, result.stderr)
        row, summary = map(json.loads, result.stdout.splitlines())
        self.assertEqual(row["output"], "out/b.wav")
        self.assertEqual(row["input_format"], row["output_format"])
        self.assertEqual(summary["done"], 1)
        self.assertIn("1 convolved", result.stderr)

    def test_convolve_counts_what_it_clips(self):
        self.wav("a.wav")
        self.float_file("ir.wav", [8.0])
        self.expect(OK, "beyond full scale were clipped", "convolve", "a.wav", "--ir", "ir.wav")

    def test_convolve_refuses(self):
        self.float_file("a.wav", noise(100, 1), noise(100, 2), noise(100, 3))
        self.float_file("ir.wav", noise(10, 4), noise(10, 5))
        self.float_file("nan.wav", [1.0, float("nan")])
        self.float_file("empty.wav", [])
        before = self.files()
        self.expect(USAGE, "nowhere.wav: No such file", "convolve", "a.wav", "--ir", "nowhere.wav")
        self.expect(USAGE, "not a number", "convolve", "a.wav", "--ir", "nan.wav")
        self.expect(USAGE, "without samples", "convolve", "a.wav", "--ir", "empty.wav")
        self.expect(USAGE, "the output ir.wav is the input ir.wav",
                    "convolve", "a.wav", "--ir", "ir.wav", "-o", "ir.wav", "--overwrite")
        self.expect(USAGE, "the output a.wav is the input a.wav",
                    "convolve", "a.wav", "--ir", "ir.wav", "-o", "a.wav", "--overwrite")
        self.expect(USAGE, "--route 1:x:1: expected IN:OUT:FILTER",
                    "convolve", "a.wav", "--ir", "ir.wav", "--route", "1:x:1")
        self.expect(FAILED, "no rule takes 3 channels through 2 filters",
                    "convolve", "a.wav", "--ir", "ir.wav")
        self.expect(FAILED, "the recording has 3, the response 2",
                    "convolve", "a.wav", "--ir", "ir.wav", "--route", "1:1:3")
        self.assertEqual(self.files(), before)

    def test_convolve_memory_does_not_grow_with_length(self):
        data = self.wav(seconds=10).read_bytes()[44:]
        self.float_file("ir.wav", noise(20000, 1))
        def peak(repeats):
            (self.folder / "a.wav").write_bytes(wav_bytes(1, 1, 16000, 16, data * repeats))
            return self.peak_memory("convolve", "a.wav", "--ir", "ir.wav", "--overwrite", "-q")
        peak(1)  # reads the program from disk
        short, long = peak(6), peak(120)
        self.assertLess(long - short, 4, f"{short:.1f} MiB for a minute, {long:.1f} MiB for twenty")


if __name__ == "__main__":
    run(Convolve)
