# SPDX-License-Identifier: MIT
"""Standard output and error that are closed or full, and what may be printed to them."""
import json
import os
import pathlib
import struct
import subprocess

from end_to_end import FAILED, MODEL, OK, PROGRAM, USAGE, EndToEnd, run

TRANSCRIBE = pathlib.Path(PROGRAM).parent.parent / "transcribe/limpid_transcribe"
RECOGNISER = pathlib.Path(__file__).resolve().parent.parent / "data/avsr_tiny_average.safetensors"
LOST = ((">/dev/full", "No space left on device"), (">&-", "Bad file descriptor"))


def with_card(path, card):
    """A copy of MODEL whose author wrote something else about it."""
    data = pathlib.Path(MODEL).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header["__metadata__"]["card"] = json.dumps(card)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length:])


class StandardStreams(EndToEnd):
    def redirected(self, redirection, *arguments):
        return subprocess.run(["sh", "-c", f'"$@" {redirection}', "sh", *map(str, arguments)],
                              cwd=self.folder, text=True, capture_output=True, timeout=300)

    def test_closed_streams_do_not_end_up_in_results(self):
        for name in "ab":
            self.wav(f"rec/{name}.wav", seconds=0.3)
        self.expect(OK, "2 enhanced", "enhance", "rec", "-o", "good")
        for number, closed in enumerate((">&- 2>&-", "2>&-", "<&- >&- 2>&-")):
            result = self.redirected(closed, PROGRAM, "enhance", "rec", "-o", f"out{number}", "-m", MODEL)
            self.assertEqual(result.returncode, OK)
            for name in ("a.wav", "b.wav"):
                self.assertEqual((self.folder / f"out{number}" / name).read_bytes(),
                                 (self.folder / "good" / name).read_bytes(), closed)

    def test_results_that_are_lost_are_a_failure(self):
        self.wav(seconds=0.3)
        for arguments in (("models",), ("models", "--json"), ("inspect", MODEL), ("inspect", MODEL, "--json"),
                          ("bench", MODEL, "--seconds", "0.1"), ("bench", MODEL, "--seconds", "0.1", "--json"),
                          ("attention", RECOGNISER, "a.wav"), ("attention", RECOGNISER, "a.wav", "--json"),
                          ("enhance", "a.wav", "--overwrite", "--json", "-m", MODEL), ("--help",)):
            for redirection, reason in LOST:
                result = self.redirected(redirection, PROGRAM, *arguments)
                self.assertEqual(result.returncode, FAILED, arguments)
                self.assertIn("cannot write to standard output: " + reason, result.stderr)
        self.assertEqual(self.redirected(">&-", PROGRAM, "polish").returncode, USAGE)

    def test_transcribe_fails_as_the_others_do(self):
        if not TRANSCRIBE.exists():
            self.skipTest("limpid_transcribe is not built")
        self.wav()
        self.assertEqual(self.redirected("", TRANSCRIBE).returncode, USAGE)
        self.assertEqual(self.redirected("", TRANSCRIBE, RECOGNISER, "b.wav").returncode, USAGE)
        self.assertEqual(self.redirected("", TRANSCRIBE, "--help").returncode, OK)
        self.assertEqual(self.redirected("", TRANSCRIBE, RECOGNISER, "a.wav").returncode, OK)
        for redirection, _ in LOST:
            result = self.redirected(redirection, TRANSCRIBE, RECOGNISER, "a.wav")
            self.assertEqual(result.returncode, FAILED)
            self.assertIn("cannot write to standard output", result.stderr)

    def test_nothing_in_a_model_reaches_the_terminal_raw(self):
        card = {"name": "\x1b[2Jevil", "summary": "line\n\x1b]0;title\x07", "\x1b[1mkey": "value\x9b31m",
                "list": ["\x7f"]}
        with_card(self.folder / "m.safetensors", card)
        for arguments in (("inspect", "m.safetensors"), ("bench", "m.safetensors", "--seconds", "0.1")):
            result = self.limpid(*arguments)
            self.assertEqual(result.returncode, OK, result.stderr)
            self.assertNotRegex(result.stdout, "[\x00-\x09\x0b-\x1f\x7f-\x9f]")
            self.assertIn("?[2Jevil", result.stdout)

    def test_nothing_in_a_name_reaches_the_terminal_raw(self):
        os.rename(self.wav(), self.folder / "a\x1b[31m.wav")
        for code, arguments in ((OK, ("enhance", "a\x1b[31m.wav")), (FAILED, ("enhance", "b\x1b[31m.wav")),
                                (USAGE, ("inspect", "b\x1b[31m")), (USAGE, ("inspect", MODEL, "\x1b[31m"))):
            result = self.limpid(*arguments)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn("?[31m", result.stderr)
            self.assertNotIn("\x1b", result.stderr)


if __name__ == "__main__":
    run(StandardStreams)
