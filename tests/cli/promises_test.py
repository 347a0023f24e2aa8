# SPDX-License-Identifier: MIT
"""What docs/command_line.md promises."""
import base64
import json
import os
import pathlib
import random
import re
import subprocess
import time

from end_to_end import FAILED, MODEL, OK, PROGRAM, USAGE, EndToEnd, run
from recordings import float_wav, wav_bytes


class Promises(EndToEnd):
    def noise_reduction(self, *options):
        """What the default model does to five seconds of white noise, in dB."""
        random.seed(2)
        float_wav(self.folder / "a.wav", [random.gauss(0, 0.05) for _ in range(80000)])
        result = self.limpid("enhance", "a.wav", "--json", "--model", "light", *options)
        self.assertEqual(result.returncode, OK, result.stderr)
        return json.loads(result.stdout.splitlines()[0])["levels"]["pause_reduction_db"]

    def test_kinds_of_files_are_kept(self):
        self.wav("rec/deep.wav", rate=44100, channels=2, bits=24, seconds=0.5)
        for extension in ["flac", "ogg", "aiff", "au"]:
            self.expect(OK, "1 enhanced", "enhance", "rec/deep.wav", "-o", f"rec/sub/x.{extension}")
        result = self.limpid("enhance", "rec", "-o", "out", "--json")
        self.assertEqual(result.returncode, OK, result.stderr)
        *rows, summary = map(json.loads, result.stdout.splitlines())
        self.assertEqual(summary["done"], 5)
        for row in rows:
            self.assertEqual(row["input_format"], row["output_format"])
            self.assertEqual((row["sample_rate"], row["channels"]), (44100, 2))
            self.assertEqual(row["output"].replace("out/", "rec/"), row["input"])
        self.assertIn("24 bit", rows[0]["input_format"])
        self.assertEqual(os.path.getsize(self.folder / "out/deep.wav"),
                         os.path.getsize(self.folder / "rec/deep.wav"))

    def test_json_is_one_object_a_line(self):
        self.wav(), (self.folder / "b.wav").touch()
        result = self.limpid("enhance", "a.wav", "b.wav", "-o", "out", "--json")
        self.assertEqual(result.returncode, FAILED)
        rows = {row.get("input"): row for row in map(json.loads, result.stdout.splitlines())}
        self.assertEqual(rows["a.wav"]["status"], "done")
        self.assertEqual(rows["a.wav"]["seconds"], 1.0)
        self.assertGreater(rows["a.wav"]["real_time_factor"], 0)
        self.assertEqual(rows["b.wav"]["status"], "failed")
        self.assertIn("empty", rows["b.wav"]["error"])
        self.assertEqual(rows[None]["failed"], 1)

    def test_voice_is_a_row_of_probabilities(self):
        self.wav(rate=16000, channels=2, seconds=0.505)
        result = self.limpid("enhance", "a.wav", "--json", "--voice", "--model", "light")
        self.assertEqual(result.returncode, OK, result.stderr)
        voice = json.loads(result.stdout.splitlines()[0])["voice"]
        self.assertEqual(voice["frame_seconds"], 0.01)
        self.assertEqual([len(row) for row in voice["probability"]], [51, 51])
        self.assertTrue(all(0 <= value <= 1 for row in voice["probability"] for value in row))
        refused = self.limpid("enhance", "a.wav", "--json", "--voice", "--overwrite", "--model", MODEL)
        self.assertEqual(refused.returncode, USAGE)
        self.assertIn("does not tell where speech is", refused.stderr)
        self.assertEqual(self.limpid("enhance", "a.wav", "--voice", "--overwrite").returncode, USAGE)

    def test_resume_repeats_only_what_is_missing(self):
        for name in "abc":
            self.wav(f"rec/{name}.wav", seconds=0.3)
        self.expect(OK, "3 enhanced", "enhance", "rec")
        (self.folder / "rec.enhanced/b.wav").unlink()
        kept = os.stat(self.folder / "rec.enhanced/a.wav").st_mtime_ns
        self.expect(OK, "1 enhanced, 2 skipped", "enhance", "rec", "--resume")
        self.assertEqual(os.stat(self.folder / "rec.enhanced/a.wav").st_mtime_ns, kept)

    def test_memory_does_not_grow_with_length(self):
        data = self.wav(seconds=10).read_bytes()[44:]
        def peak(repeats):
            (self.folder / "a.wav").write_bytes(wav_bytes(1, 1, 16000, 16, data * repeats))
            return self.peak_memory("enhance", "a.wav", "--overwrite", "-q", "-m", MODEL)
        peak(1)  # reads the program from disk
        short, long = peak(3), peak(30)
        self.assertLess(long - short, 4, f"{short:.1f} MiB for 30 s, {long:.1f} MiB for 300 s")

    def test_a_reader_that_goes_away_does_not_stop_the_work(self):
        for name in "abc":
            self.wav(f"rec/{name}.wav", seconds=0.3)
        reading, writing = os.pipe()
        os.close(reading)
        code = subprocess.call([PROGRAM, "enhance", "rec", "--json", "-m", MODEL], cwd=self.folder,
                               stdout=writing, stderr=subprocess.DEVNULL)
        os.close(writing)
        self.assertEqual(code, OK)
        self.assertEqual(len([name for name in self.files() if "enhanced" in name]), 3)

    def test_standard_error_is_plain_without_a_terminal(self):
        result = self.expect(OK, "[1/1] a.wav -> a.enhanced.wav", "enhance", self.wav().name)
        self.assertNotIn("\x1b", result.stderr)
        self.assertNotIn("\r", result.stderr)

    def test_attenuation_limit_keeps_noise(self):
        self.assertAlmostEqual(self.noise_reduction("--attenuation-limit", "6"), 6, delta=0.7)

    def test_models_and_inspect_tell_the_same(self):
        names = [json.loads(line)["name"] for line in self.limpid("models", "--json").stdout.splitlines()]
        self.assertIn("light", names)
        for name in names:
            told = json.loads(self.limpid("inspect", name, "--json").stdout)
            self.assertGreater(told["parameters"], 0)
            self.assertGreater(told["latency_ms"], 0)
            self.assertIn(name, self.limpid("inspect", name).stdout)

    def test_default_model_removes_noise(self):
        self.assertGreater(self.noise_reduction(), 15)

    def test_bench_measures(self):
        result = self.limpid("bench", MODEL, "--seconds", "1", "--json")
        self.assertEqual(result.returncode, OK, result.stderr)
        told = json.loads(result.stdout)
        self.assertLessEqual(told["p50_ms"], told["p99_ms"])
        self.assertLessEqual(told["p99_ms"], told["max_ms"])
        self.assertGreater(told["real_time_factor"], 0)

    def test_bench_of_groups_goes_at_the_pace_of_audio(self):
        start = time.monotonic()
        result = self.limpid("bench", MODEL, "--seconds", "1", "--lanes", "4", "--groups", "2", "--json")
        self.assertEqual(result.returncode, OK, result.stderr)
        self.assertGreater(time.monotonic() - start, 0.98)
        told = json.loads(result.stdout)
        self.assertEqual((told["lanes"], told["groups"], told["calls"]), (4, 2, 200))
        for lanes in ("3", "1"):
            result = self.limpid("bench", MODEL, "--lanes", lanes, "--groups", "2")
            self.assertEqual(result.returncode, USAGE)
            self.assertIn("cannot be shared evenly by 2 groups", result.stderr)

    def test_report_is_one_page_that_needs_nothing(self):
        self.wav("rec/a & <b>.wav", seconds=0.5), (self.folder / "rec/bad.wav").touch()
        result = self.limpid("enhance", "rec", "--report", "out/report.html")
        self.assertEqual(result.returncode, FAILED, result.stderr)
        html = (self.folder / "out/report.html").read_text()
        self.assertIn("rec/a &amp; &lt;b&gt;.wav", html)
        self.assertIn("the file is empty", html)
        self.assertEqual(html.count("data:image/png;base64,"), 2)
        self.assertEqual(html.count("data:audio/flac;base64,"), 2)
        outside = re.findall(r"(?:href|src)=['\"](?!data:|#)([^'\"]*)|url\(([^)]*)", html)
        self.assertEqual(outside, [])
        for encoded in re.findall(r"data:image/png;base64,([^']*)", html):
            self.assertEqual(base64.b64decode(encoded)[:8], b"\x89PNG\r\n\x1a\n")

    def test_attention_of_a_recogniser_is_shown(self):
        self.wav(seconds=1)
        model = pathlib.Path(__file__).parent.parent / "data/avsr_tiny_average.safetensors"
        result = self.limpid("attention", model, "a.wav", "--json", "--report", "r.html")
        self.assertEqual(result.returncode, OK, result.stderr)
        shown = json.loads(result.stdout)
        self.assertEqual(len(shown["states"]), len(shown["layers"]) + 1)
        self.assertIn("audio", shown["states"][0]["cosine_to_first"])
        for layer in shown["layers"]:
            self.assertGreater(layer["row_mass"], 0)
        html = (self.folder / "r.html").read_text()
        heads = sum(layer["heads"] for layer in shown["layers"])
        self.assertEqual(html.count("data:image/png;base64,"), heads + len(shown["states"]) + 1)

    def test_help_names_every_option(self):
        text = self.limpid("enhance", "--help").stdout
        for option in ["--output", "--model", "--jobs", "--attenuation-limit", "--resume", "--overwrite",
                       "--exact", "--json", "--voice"]:
            self.assertIn(option, text)
        self.assertTrue(all(len(line) <= 100 for line in text.splitlines()), text)


if __name__ == "__main__":
    run(Promises)
