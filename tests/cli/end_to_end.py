# SPDX-License-Identifier: MIT
"""The program as its user meets it: every row of docs/errors.md, and what `limpid enhance` promises.

end_to_end.py PROGRAM MODEL [CASE...]; exits with 77 when the case cannot be run on this machine.
MODEL is a small one without training, so that only the tests of shipped models depend on those.
"""
import base64
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from recordings import float_wav, model_file, pcm_wav, read_float_wav, wav_bytes

PROGRAM, MODEL = map(os.path.abspath, sys.argv[1:3])
OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


class EndToEnd(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="limpid_"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def limpid(self, *arguments, **options):
        if "enhance" in arguments and not {"--model", "--help"} & set(arguments):
            arguments += ("--model", MODEL)
        return subprocess.run([PROGRAM, *map(str, arguments)], cwd=self.folder, text=True,
                              capture_output=True, timeout=300, **options)

    def expect(self, code, message, *arguments, **options):
        """The exit code, and a message on standard error that says what is wrong and where."""
        result = self.limpid(*arguments, **options)
        self.assertEqual(result.returncode, code, result.stderr)
        for part in [message] if isinstance(message, str) else message:
            self.assertIn(part, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertNotIn("terminate called", result.stderr)
        return result

    def files(self):
        return sorted(str(path.relative_to(self.folder))
                      for path in self.folder.rglob("*") if path.is_file())

    def wav(self, name="a.wav", **options):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return pcm_wav(path, **options)

    def noise_reduction(self, *options):
        """What the default model does to five seconds of white noise, in dB."""
        random.seed(2)
        float_wav(self.folder / "a.wav", [random.gauss(0, 0.05) for _ in range(80000)])
        result = self.limpid("enhance", "a.wav", "--json", "--model", "frcrn-causal", *options)
        self.assertEqual(result.returncode, OK, result.stderr)
        return json.loads(result.stdout.splitlines()[0])["levels"]["pause_reduction_db"]

    # Rows of docs/errors.md: bad inputs.

    def test_missing_file(self):
        self.expect(FAILED, "nowhere.wav: no such file", "enhance", "nowhere.wav")

    def test_directory_as_file(self):
        (self.folder / "a.wav").mkdir()
        self.expect(FAILED, "a.wav: no audio files in this folder", "enhance", "a.wav")
        self.expect(USAGE, "a.wav", "enhance", self.wav("b.wav"), "--model", "./a.wav")

    def test_empty_file(self):
        (self.folder / "a.wav").touch()
        self.expect(FAILED, "a.wav: the file is empty", "enhance", "a.wav")
        self.assertEqual(self.files(), ["a.wav"])

    def test_truncated_wav(self):
        path = self.wav()
        path.write_bytes(path.read_bytes()[:20000])
        self.expect(FAILED, ["a.wav", "truncated"], "enhance", "a.wav")
        self.assertEqual(self.files(), ["a.wav"])

    def test_not_audio(self):
        (self.folder / "a.wav").write_text("just text, in a file that says it is audio\n" * 9)
        self.expect(FAILED, "a.wav", "enhance", "a.wav")
        self.assertEqual(self.files(), ["a.wav"])

    def test_no_channels(self):
        (self.folder / "a.wav").write_bytes(wav_bytes(1, 0, 16000, 16, b"\0" * 64))
        self.expect(FAILED, "a.wav", "enhance", "a.wav")
        self.assertEqual(self.files(), ["a.wav"])

    def test_no_samples(self):
        self.wav(samples=0)
        self.expect(OK, "1 enhanced", "enhance", "a.wav")
        self.assertEqual(os.path.getsize(self.folder / "a.enhanced.wav"), 44)

    def test_one_sample(self):
        self.wav(samples=1)
        self.expect(OK, "1 enhanced", "enhance", "a.wav")
        self.assertEqual(os.path.getsize(self.folder / "a.enhanced.wav"), 46)

    def test_unreadable_file(self):
        path = self.wav()
        path.chmod(0)
        self.folder.chmod(0o755)
        drop = None
        if os.getuid() == 0:
            def drop():
                os.setuid(65534)
            if subprocess.run([PROGRAM, "--version"], preexec_fn=drop, capture_output=True).returncode:
                self.skipTest("the program cannot be run as another user")
        self.expect(FAILED, ["a.wav", "ermission denied"], "enhance", "a.wav", preexec_fn=drop)

    def test_non_finite_samples(self):
        float_wav(self.folder / "a.wav", [0.1, float("nan"), 0.1, float("inf"), -float("inf")] * 800)
        result = self.expect(OK, "2400 samples were not numbers", "enhance", "a.wav")
        self.assertIn("1 enhanced", result.stderr)
        out = read_float_wav(self.folder / "a.enhanced.wav")
        self.assertEqual(len(out), 4000)
        self.assertTrue(all(abs(value) < 10 for value in out))

    def test_unsupported_rate(self):
        self.wav(rate=20, samples=100)
        self.expect(FAILED, "20 Hz", "enhance", "a.wav")
        self.assertEqual(self.files(), ["a.wav"])

    def test_bad_file_among_good_ones(self):
        for name in "abc":
            self.wav(f"rec/{name}.wav", seconds=0.3)
        (self.folder / "rec/b.wav").write_bytes(b"RIFF")
        self.expect(FAILED, ["2 enhanced, 1 failed", "rec/b.wav"], "enhance", "rec", "-o", "out")
        self.assertEqual([f for f in self.files() if f.startswith("out")], ["out/a.wav", "out/c.wav"])

    # Rows of docs/errors.md: outputs.

    def test_output_exists(self):
        self.wav()
        before = self.wav("b.wav", seconds=0.1).read_bytes()
        self.expect(USAGE, ["b.wav exists already", "--overwrite", "--resume"],
                    "enhance", "a.wav", "-o", "b.wav")
        self.assertEqual((self.folder / "b.wav").read_bytes(), before)
        self.expect(OK, "1 enhanced", "enhance", "a.wav", "-o", "b.wav", "--overwrite")
        self.assertNotEqual((self.folder / "b.wav").read_bytes(), before)

    def test_output_is_input(self):
        path = self.wav()
        before = path.read_bytes()
        (self.folder / "link.wav").symlink_to("a.wav")
        os.link(path, self.folder / "hard.wav")
        for out in ["a.wav", "./a.wav", "link.wav", "hard.wav", "."]:
            self.expect(USAGE, "is the input", "enhance", "a.wav", "-o", out, "--overwrite")
        self.assertEqual(path.read_bytes(), before)

    def test_two_inputs_one_output(self):
        self.wav("one/a.wav"), self.wav("two/a.wav")
        self.expect(USAGE, ["one/a.wav", "two/a.wav", "out/a.wav"], "enhance", "one", "two", "-o", "out")
        self.assertFalse((self.folder / "out").exists())

    def test_output_folder_cannot_be_made(self):
        self.wav()
        (self.folder / "file").write_text("x")
        self.expect(FAILED, "file/out.wav", "enhance", "a.wav", "-o", "file/out.wav")

    def test_disk_full(self):
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "limpid", disk],
                          capture_output=True).returncode:
            self.skipTest("no right to mount a small disk")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        self.wav(seconds=3)
        self.expect(FAILED, "No space left", "enhance", "a.wav", "-o", "disk/b.wav")
        self.assertEqual(list(disk.iterdir()), [])

    def test_file_size_limit(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))
        self.wav(seconds=3)
        self.expect(FAILED, "File too large", "enhance", "a.wav", preexec_fn=limit)
        self.assertEqual(self.files(), ["a.wav"])

    # Rows of docs/errors.md: models, devices, arguments.

    def test_unknown_model(self):
        self.expect(USAGE, ["no-such-model", "shipped are"], "enhance", self.wav(), "--model", "no-such-model")

    def test_missing_model_file(self):
        self.expect(USAGE, "no.safetensors", "enhance", self.wav(), "--model", "no.safetensors")

    def test_corrupt_model(self):
        (self.folder / "bad.safetensors").write_bytes(b"\xff" * 100)
        self.expect(USAGE, "bad.safetensors", "inspect", "bad.safetensors")
        self.expect(USAGE, "bad.safetensors", "enhance", self.wav(), "--model", "bad.safetensors")

    def test_wrong_architecture(self):
        model_file(self.folder / "m.safetensors", {"config": '{"architecture": "perceptron"}'})
        self.expect(USAGE, ["m.safetensors", "perceptron"], "inspect", "m.safetensors")

    def test_no_device(self):
        if "live" not in self.limpid("--help").stdout:
            self.skipTest("this build has no `limpid live`")
        result = self.limpid("live", "--input", "a device that nobody has")
        self.assertEqual(result.returncode, USAGE, result.stderr)
        self.assertIn("device", result.stderr)

    def test_wrong_arguments(self):
        for arguments in [[], ["enhance"], ["enhance", "a.wav", "--jobs", "0"], ["polish", "a.wav"],
                          ["enhance", "a.wav", "--report", "a.pdf"], ["enhance", "a.wav", "--frobnicate"], ["enhance", "a.wav", "--attenuation-limit", "x"],
                          ["enhance", "a.wav", "--exact", "--attenuation-limit", "12"]]:
            self.assertEqual(self.limpid(*arguments).returncode, USAGE, arguments)
        self.wav(), self.wav("b.wav")
        self.expect(USAGE, "need a folder", "enhance", "a.wav", "b.wav", "-o", "b.wav")
        self.expect(USAGE, "'.docx'", "enhance", "a.wav", "-o", "b.docx")

    # What `limpid enhance` promises.

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

    def test_resume_repeats_only_what_is_missing(self):
        for name in "abc":
            self.wav(f"rec/{name}.wav", seconds=0.3)
        self.expect(OK, "3 enhanced", "enhance", "rec")
        (self.folder / "rec.enhanced/b.wav").unlink()
        kept = os.stat(self.folder / "rec.enhanced/a.wav").st_mtime_ns
        self.expect(OK, "1 enhanced, 2 skipped", "enhance", "rec", "--resume")
        self.assertEqual(os.stat(self.folder / "rec.enhanced/a.wav").st_mtime_ns, kept)

    def test_interrupt_leaves_no_half_file(self):
        self.wav("rec/a.wav", seconds=0.2)
        with open(self.wav("rec/b.wav", seconds=20), "rb") as source:
            data = source.read()[44:]
        (self.folder / "rec/b.wav").write_bytes(wav_bytes(1, 1, 16000, 16, data * 60))
        program = subprocess.Popen([PROGRAM, "enhance", "rec", "-j", "1", "-m", MODEL], cwd=self.folder,
                                   stderr=subprocess.PIPE, text=True)
        self.assertIn("[1/2]", program.stderr.readline())
        time.sleep(0.2)
        program.send_signal(signal.SIGINT)
        rest = program.communicate(timeout=60)[1]
        self.assertEqual(program.returncode, INTERRUPTED, rest)
        self.assertEqual(self.files(), ["rec.enhanced/a.wav", "rec/a.wav", "rec/b.wav"])

    def test_memory_does_not_grow_with_length(self):
        data = self.wav(seconds=10).read_bytes()[44:]
        def peak(repeats):
            (self.folder / "a.wav").write_bytes(wav_bytes(1, 1, 16000, 16, data * repeats))
            with subprocess.Popen([PROGRAM, "enhance", "a.wav", "--overwrite", "-q", "-m", MODEL],
                                  cwd=self.folder, stderr=subprocess.DEVNULL) as program:
                _, status, usage = os.wait4(program.pid, 0)
                program.returncode = status
            self.assertEqual(status, 0)
            return usage.ru_maxrss / 1024
        short, long = peak(1), peak(20)
        self.assertLess(long - short, 4, f"{short:.1f} MiB for 10 s, {long:.1f} MiB for 200 s")

    def test_standard_error_is_plain_without_a_terminal(self):
        result = self.expect(OK, "[1/1] a.wav -> a.enhanced.wav", "enhance", self.wav().name)
        self.assertNotIn("\x1b", result.stderr)
        self.assertNotIn("\r", result.stderr)

    def test_attenuation_limit_keeps_noise(self):
        self.assertAlmostEqual(self.noise_reduction("--attenuation-limit", "6"), 6, delta=0.7)

    def test_models_and_inspect_tell_the_same(self):
        names = [json.loads(line)["name"] for line in self.limpid("models", "--json").stdout.splitlines()]
        self.assertIn("frcrn-causal", names)
        for name in names:
            told = json.loads(self.limpid("inspect", name, "--json").stdout)
            self.assertGreater(told["parameters"], 0)
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

    def test_help_names_every_option(self):
        text = self.limpid("enhance", "--help").stdout
        for option in ["--output", "--model", "--jobs", "--attenuation-limit", "--resume", "--overwrite",
                       "--exact", "--json"]:
            self.assertIn(option, text)
        self.assertTrue(all(len(line) <= 100 for line in text.splitlines()), text)


if __name__ == "__main__":
    names = [f"EndToEnd.{name}" for name in sys.argv[3:]]
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(names, sys.modules["__main__"]) if names else \
        loader.loadTestsFromTestCase(EndToEnd)
    outcome = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(1 if not outcome.wasSuccessful() else 77 if len(outcome.skipped) == outcome.testsRun else 0)
