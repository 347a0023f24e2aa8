# SPDX-License-Identifier: MIT
"""What signals leave behind, and what is said then."""
import json
import signal
import subprocess

from end_to_end import INTERRUPTED, MODEL, OK, PROGRAM, EndToEnd, run
from recordings import wav_bytes


class Interrupts(EndToEnd):
    def long_wav(self, name, seconds):
        data = self.wav(name, seconds=20).read_bytes()[44:]
        (self.folder / name).write_bytes(wav_bytes(1, 1, 16000, 16, data * (seconds // 20)))

    def start(self, *arguments, **options):
        return subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **options)

    def stop(self, program, number=signal.SIGINT):
        program.send_signal(number)
        out, err = program.communicate(timeout=120)
        self.assertEqual(program.returncode, INTERRUPTED, err)
        return out, err

    def start_batch(self, *options, **more):
        """One short file that is done when this returns, a long one, and two behind it."""
        self.wav("rec/a.wav", seconds=0.2)
        self.long_wav("rec/b.wav", 1200)
        self.wav("rec/c.wav", seconds=0.2), self.wav("rec/d.wav", seconds=0.2)
        program = self.start("enhance", "rec", "-o", "out", "-j", "1", "-m", MODEL, *options, **more)
        self.assertIn("[1/4]", program.stderr.readline())
        return program

    def results(self):
        return sorted(path.name for path in (self.folder / "out").iterdir())

    def test_hangup_leaves_no_half_file(self):
        program = self.start_batch(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
        program.send_signal(signal.SIGHUP)
        self.stop(program, signal.SIGHUP)  # windows that close say so more than once
        self.assertEqual(self.results(), ["a.wav"])

    def test_hangup_is_ignored_under_nohup(self):
        program = self.start_batch(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        program.send_signal(signal.SIGHUP)
        with self.assertRaises(subprocess.TimeoutExpired):
            program.wait(timeout=0.5)
        self.stop(program)

    def test_interrupted_json_has_an_object_for_every_file(self):
        out, err = self.stop(self.start_batch("--json"))
        *rows, summary = map(json.loads, out.splitlines())
        self.assertEqual({row["input"]: row["status"] for row in rows},
                         {"rec/a.wav": "done", "rec/b.wav": "cancelled", "rec/c.wav": "cancelled",
                          "rec/d.wav": "cancelled"})
        self.assertEqual(summary["cancelled"], 3)
        self.assertNotIn("c.wav", err)

    def test_interrupt_while_the_report_is_drawn(self):
        for number in range(16):
            self.long_wav(f"rec/{number}.wav", 60)
        program = self.start("enhance", "rec", "-o", "out", "-q", "-m", MODEL, "--report", "r.html")
        self.assertIn("16 enhanced", program.stderr.readline())
        self.assertIn("there is no report", self.stop(program)[1])
        self.assertEqual(len(self.results()), 16)
        self.assertEqual([name for name in self.files() if "html" in name], [])

    def test_interrupt_of_a_fake_card_is_told(self):
        if "live" not in self.limpid("--help").stdout:
            self.skipTest("this build has no `limpid live`")
        self.wav(seconds=20)
        program = self.start("live", "-m", MODEL, "--fake", "a.wav", "out.wav", stdin=subprocess.DEVNULL)
        program.stderr.readline()
        self.assertIn("interrupted: out.wav holds the first ", self.stop(program)[1])
        self.expect(OK, "1 enhanced", "enhance", "out.wav")  # it is whole


if __name__ == "__main__":
    run(Interrupts)
