# SPDX-License-Identifier: MIT
"""Every row of docs/errors.md."""
import os
import pathlib
import re
import resource
import shutil
import signal
import struct
import subprocess
import time

from end_to_end import FAILED, INTERRUPTED, MODEL, OK, PROGRAM, USAGE, EndToEnd, run
from recordings import float_wav, model_file, read_float_wav, wav_bytes


class BadInput(EndToEnd):
    def test_missing_file(self):
        self.expect(FAILED, "nowhere.wav: no such file", "enhance", "nowhere.wav")
        self.expect(FAILED, "-: no such file or folder; `limpid pipe` streams", "enhance", "-")

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

    def test_unfinished_wav(self):
        path = self.wav()
        data = bytearray(path.read_bytes())
        data[4:8] = data[40:44] = bytes(4)
        path.write_bytes(data)
        self.expect(FAILED, ["a.wav", "promises no samples, but 32000 bytes follow"], "enhance", "a.wav")
        self.assertEqual(self.files(), ["a.wav"])

    def test_more_than_a_file_can_hold(self):
        self.wav("one.wav", samples=1)
        self.wav().write_bytes(wav_bytes(1, 1, 48000, 16, bytes(2 ** 24)))
        self.expect(FAILED, "b.voc: its format cannot hold more than 16 MB",
                    "convolve", "a.wav", "--ir", "one.wav", "--tail", "0", "-o", "b.voc")
        self.assertEqual(self.files(), ["a.wav", "one.wav"])

    def test_more_than_a_file_can_hold_is_said_at_once(self):
        """Six hours of silence in a file with a hole, which nobody has to wait for."""
        size = 5 * 2 ** 30
        head = struct.pack("<4sI4s4sIQQQI4sIHHIIHH4sI", b"RF64", 2 ** 32 - 1, b"WAVE", b"ds64", 28, size + 72, size, size // 4, 0,
                           b"fmt ", 16, 1, 2, 48000, 192000, 4, 16, b"data", 2 ** 32 - 1)
        with open(self.folder / "a.rf64", "wb") as file:
            file.write(head)
            file.truncate(len(head) + size)
        self.expect(FAILED, "b.aiff: its format cannot hold more than 4 GB", "enhance", "a.rf64", "-o", "b.aiff")
        self.assertEqual(self.files(), ["a.rf64"])

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
        told = self.limpid("enhance", "a.wav", "--overwrite", "--json").stdout
        self.assertIn('"pause_reduction_db":null', told)

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
            try:  # in a home folder of root's, nobody else reaches the program
                subprocess.run([PROGRAM, "--version"], preexec_fn=drop, capture_output=True, check=True)
            except (PermissionError, subprocess.CalledProcessError):
                self.skipTest("the program cannot be run as another user")
        self.expect(FAILED, ["a.wav", "ermission denied"], "enhance", "a.wav", preexec_fn=drop)

    def test_non_finite_samples(self):
        float_wav(self.folder / "a.wav", [0.1, float("nan"), 0.1, float("inf"), -float("inf")] * 800)
        result = self.expect(OK, "2400 samples were not numbers", "enhance", "a.wav")
        self.assertIn("1 enhanced", result.stderr)
        out = read_float_wav(self.folder / "a.enhanced.wav")
        self.assertEqual(len(out), 4000)
        self.assertTrue(all(abs(value) < 10 for value in out))

    def test_a_device_that_is_not_there(self):
        self.expect(USAGE, "expected cpu, cuda or cuda:INDEX, found gpu", "bench", MODEL, "--device", "gpu")
        self.expect(USAGE, "no CUDA device: ", "bench", MODEL, "--device", "cuda:99", "--seconds", "0.1")
        for arithmetic in ("exact", "tf32x3", "tf32", "fp16", "bf16"):
            self.expect(USAGE, "no CUDA device: ", "bench", MODEL, "--device", "cuda:99", "--arithmetic", arithmetic, "--seconds", "0.1")
        self.expect(USAGE, "--arithmetic", "bench", MODEL, "--device", "cuda:99", "--arithmetic", "int8")
        for command in (("bench", MODEL), ("enhance", "whatever.wav")):
            self.expect(USAGE, "--arithmetic fp16 is for GPUs", *command, "--device", "cpu", "--arithmetic", "fp16")
        self.expect(USAGE, "no CUDA device: ", "enhance", self.wav(), "-o", "new/out.wav", "--device", "cuda:99")
        self.expect(USAGE, "whole recordings on a GPU", "enhance", "a.wav", "--exact", "--device", "cuda:99")
        self.assertEqual(self.files(), ["a.wav"])
        self.assertFalse((self.folder / "new").exists())

    def test_the_cuda_library_is_found_by_a_program_in_path(self):
        """Beside the program, whatever it was called: some other library is there, which can only be refused."""
        for name in "bin", "lib":
            (self.folder / name).mkdir()
        shutil.copy(PROGRAM, self.folder / "bin/limpid")
        other = re.search(r"/\S+/libm[.-]\S*", pathlib.Path("/proc/self/maps").read_text()).group()
        shutil.copy(other, self.folder / "lib/liblimpid_cuda.so")
        result = subprocess.run(["limpid", "bench", MODEL, "--device", "cuda", "--seconds", "0.1"],
                                env={**os.environ, "PATH": str(self.folder / "bin")}, capture_output=True, text=True, timeout=300)
        self.assertEqual(result.returncode, USAGE)
        if "built without CUDA" in result.stderr:
            self.skipTest("no CUDA in this build")
        self.assertIn("is of another version", result.stderr)

    def test_a_recipe_that_nobody_published(self):
        self.expect(USAGE, "no published offline recipe", "enhance", self.wav(), "--exact", "-o", "new/out.wav")
        self.assertEqual(self.files(), ["a.wav"])

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
        self.expect(FAILED, "cannot make the folder file: Not a directory", "enhance", "a.wav", "-o", "file/out.wav")

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

    def test_no_more_threads(self):
        def limit():  # of addresses, of which every thread wants as many as the largest stack has
            resource.setrlimit(resource.RLIMIT_STACK, (1 << 30, 1 << 30))
            resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
        if self.limpid("--version", preexec_fn=limit).returncode:
            self.skipTest("this build wants more addresses")
        inputs = [self.wav(f"{i}.wav", samples=100) for i in range(4)]
        self.expect(OK, "4 enhanced", "enhance", *inputs, "-j", "4", preexec_fn=limit)

    def test_unknown_model(self):
        self.expect(USAGE, ["no-such-model", "this library has light"], "enhance", self.wav(), "--model", "no-such-model")

    def test_missing_model_file(self):
        self.expect(USAGE, "no.safetensors", "enhance", self.wav(), "--model", "no.safetensors")

    def test_corrupt_model(self):
        (self.folder / "bad.safetensors").write_bytes(b"\xff" * 100)
        self.expect(USAGE, "bad.safetensors", "inspect", "bad.safetensors")
        self.expect(USAGE, "bad.safetensors", "enhance", self.wav(), "--model", "bad.safetensors")

    def test_wrong_architecture(self):
        model_file(self.folder / "m.safetensors", {"config": '{"architecture": "perceptron"}'})
        self.expect(USAGE, ["m.safetensors", "perceptron"], "inspect", "m.safetensors")

    def test_attention_of_a_model_without_it(self):
        self.wav()
        self.expect(USAGE, "has no attention that could be shown", "attention", MODEL, "a.wav")
        self.expect(USAGE, "No such file", "attention", MODEL, "b.wav")
        self.assertEqual(self.limpid("attention", MODEL, "a.wav", "--report", "r.pdf").returncode, USAGE)
        self.assertEqual(self.files(), ["a.wav"])

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
        self.expect(USAGE, "no command 'enhnace': there are enhance, convolve, ", "enhnace", "a.wav")

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


if __name__ == "__main__":
    run(BadInput)
