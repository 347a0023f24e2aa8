#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`limpid live` as people meet it: without a sound card, on a terminal and off one."""
import fcntl
import math
import os
import pathlib
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import wave

LIMPID = sys.argv.pop(1)


ARRAY = pathlib.Path(__file__).resolve().parent.parent / "data" / "deftan2_tiny_causal.safetensors"


def write_tone(path, seconds, rate=16000, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        for t in range(int(seconds * rate)):
            file.writeframes(struct.pack("<h", int(8000 * math.sin(0.2 * t))) * channels)


class Live(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.tone = pathlib.Path(self.folder.name) / "tone.wav"
        self.out = pathlib.Path(self.folder.name) / "out.wav"
        write_tone(self.tone, 1.5)

    def tearDown(self):
        self.folder.cleanup()

    def live(self, *arguments):
        return subprocess.run([LIMPID, "live", *map(str, arguments)], capture_output=True,
                              text=True, timeout=60, stdin=subprocess.DEVNULL)

    def on_terminal(self, act):
        """Runs --fake on a terminal; act(child, terminal) does something once it reads keys."""
        try:
            terminal, child_side = pty.openpty()
        except OSError as problem:
            self.skipTest(f"no pseudo terminal: {problem}")
        before = termios.tcgetattr(child_side)
        child = subprocess.Popen([LIMPID, "live", "--fake", self.tone, self.out],
                                 stdin=child_side, stdout=child_side, stderr=child_side,
                                 start_new_session=True,
                                 preexec_fn=lambda: fcntl.ioctl(child_side, termios.TIOCSCTTY, 0))
        during = wait_for_keys(child_side)
        act(child, terminal)
        child.wait(timeout=30)
        after = termios.tcgetattr(child_side)
        os.close(child_side)
        text = read_all(terminal)
        self.assertFalse(during[3] & termios.ICANON, "keys would need Enter")
        self.assertEqual(before, after, "the terminal is not as it was")
        return child.returncode, text


def wait_for_keys(side):
    for _ in range(500):
        settings = termios.tcgetattr(side)
        if not settings[3] & termios.ICANON:
            break
        time.sleep(0.02)
    return settings


def read_all(fd):
    data = b""
    try:
        while chunk := os.read(fd, 65536):
            data += chunk
    except OSError:
        pass
    return data.decode(errors="replace")


class Files(Live):
    def test_a_file_is_played_in_real_time(self):
        begin = time.monotonic()
        done = self.live("--fake", self.tone, self.out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(time.monotonic() - begin, 1.4)
        self.assertIn("ms later", done.stderr)
        self.assertIn("load", done.stderr)
        self.assertNotIn("\x1b", done.stderr)
        with wave.open(str(self.out)) as out, wave.open(str(self.tone)) as tone:
            self.assertEqual(out.getnframes(), tone.getnframes())

    def test_an_array_hears_the_channels_it_is_given(self):
        write_tone(self.tone, 0.5, channels=5)
        arguments = ("--model", ARRAY, "--fake", self.tone, self.out)
        done = self.live(*arguments)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("needs 3 channels, one of each microphone, found 5", done.stderr)
        done = self.live(*arguments, "--channels", "5,1,2", "--reference-mic", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        with wave.open(str(self.out)) as out, wave.open(str(self.tone)) as tone:
            self.assertEqual(out.getnframes(), tone.getnframes())

    def test_the_input_is_never_overwritten(self):
        before = self.tone.read_bytes()
        done = self.live("--fake", self.tone, self.tone)
        self.assertEqual(done.returncode, 2)
        self.assertIn("would be overwritten", done.stderr)
        self.assertEqual(self.tone.read_bytes(), before)

    def test_sentences_for_what_is_not_there(self):
        for arguments, expected in ((("--fake", "nowhere.wav", self.out), "nowhere.wav"),
                                    (("--model", "nobody", "--fake", self.tone, self.out), "nobody"),
                                    (("--block", "1"), "--block"),
                                    (("--input", "no such microphone"), "input device")):
            done = self.live(*arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(expected, done.stderr)
            self.assertNotIn("ALSA lib", done.stderr)


class Terminal(Live):
    def test_keys(self):
        def act(_, terminal):
            os.write(terminal, b"b")
            time.sleep(0.3)
            os.write(terminal, b"q")
        code, text = self.on_terminal(act)
        self.assertEqual(code, 0, text)
        self.assertIn("BYPASSED", text)
        self.assertIn("[q] quit", text)

    def test_control_c_ends_well(self):
        code, text = self.on_terminal(lambda _, terminal: os.write(terminal, b"\x03"))
        self.assertEqual(code, 130, text)  # the file was not played to its end
        self.assertTrue(self.out.exists())

    def test_hanging_up_leaves_the_terminal_alone(self):
        code, _ = self.on_terminal(lambda child, _: child.send_signal(signal.SIGHUP))
        self.assertEqual(code, -signal.SIGHUP)


if __name__ == "__main__":
    unittest.main()
