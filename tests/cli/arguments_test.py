# SPDX-License-Identifier: MIT
"""Arguments mean what is typed, or are refused; and help says what they are."""
import json
import pathlib
import re

from end_to_end import FAILED, MODEL, OK, USAGE, EndToEnd, run

WHOLE = pathlib.Path(__file__).resolve().parent.parent / "data/deftan2_tiny.safetensors"
RECOGNISER = WHOLE.parent / "avsr_tiny_average.safetensors"


class Arguments(EndToEnd):
    def needs_live(self):
        if "live" not in self.limpid("--help").stdout:
            self.skipTest("this build has no `limpid live`")

    def test_brackets_are_parts_of_names(self):
        self.wav("[x]/a.wav", seconds=0.2), self.wav("x/b.wav", seconds=0.2)
        self.expect(OK, "1 enhanced", "enhance", "[x]")
        self.assertIn("[x].enhanced/a.wav", self.files())
        self.expect(OK, "2 enhanced", "enhance", "[x]", "x", "-o", "[a,b]")
        self.assertEqual([name for name in self.files() if name.startswith("[a,b]")],
                         ["[a,b]/a.wav", "[a,b]/b.wav"])
        self.expect(FAILED, "[x,y]: no such file", "enhance", "[x,y]")
        self.expect(USAGE, "[m]", "inspect", "[m]")
        self.expect(USAGE, "--route [1:1:1]: expected",
                    "convolve", "x", "--ir", "x/b.wav", "--route", "[1:1:1]")
        self.expect(USAGE, "[q]", "inspect", MODEL, "[q]")

    def test_not_a_number_is_in_no_range(self):
        self.wav()
        for arguments in (("enhance", "a.wav", "-a"), ("convolve", "a.wav", "--ir", "a.wav", "--tail"),
                          ("convolve", "a.wav", "--ir", "a.wav", "--gain"), ("bench", MODEL, "--seconds"),
                          ("attention", RECOGNISER, "a.wav", "--seconds"),
                          ("attention", RECOGNISER, "a.wav", "--threshold")):
            for value in ("nan", "-nan", "inf", "1e15", "x"):
                self.expect(USAGE, ["expected a number from ", "found " + value],
                            *arguments[:-1], f"{arguments[-1]}={value}" if len(arguments[-1]) > 2
                            else f"{arguments[-1]}{value}")
        self.assertEqual(self.files(), ["a.wav"])

    def test_help_shows_forms_and_no_checks(self):
        self.assertIn("--route IN:OUT:FILTER ", self.limpid("convolve", "--help").stdout)
        for command in ("enhance", "convolve", "live", "models", "inspect", "bench", "attention"):
            for line in self.limpid(command, "--help").stdout.splitlines():
                self.assertIsNone(re.match(r" +-.*(INT|FLOAT|TEXT|DEVICE|KIND|\bN|dB|S):", line), line)
        self.assertIn("0: no limit", self.limpid("enhance", "--help").stdout)
        self.assertIn("on a GPU 128)", self.limpid("enhance", "--help").stdout)

    def test_usage_has_the_names_of_the_list_below_it(self):
        for command, usage in (("enhance", "[OPTIONS] IN..."), ("inspect", "[OPTIONS] [MODEL]"),
                               ("attention", "[OPTIONS] MODEL AUDIO")):
            self.assertIn(f"Usage: limpid {command} {usage}\n", self.limpid(command, "--help").stdout)

    def test_bench_refuses_what_it_would_ignore(self):
        self.expect(USAGE, "a stream has one core", "bench", MODEL, "--threads", "8")
        self.expect(USAGE, "takes whole recordings at 16000 Hz", "bench", WHOLE, "--rate", "48000")
        self.expect(USAGE, "--groups and --frames are for live streams", "bench", WHOLE, "--frames", "7")
        result = self.limpid("bench", WHOLE, "--rate", "16000", "--threads", "2", "--seconds", "0.3", "--json")
        self.assertEqual(result.returncode, OK, result.stderr)
        self.assertIsNone(json.loads(result.stdout)["latency_samples"])
        self.assertIn("one core", self.limpid("bench", MODEL, "--seconds", "0.1").stdout)

    def test_inspect_leaves_out_what_is_unknown(self):
        told = self.limpid("inspect", RECOGNISER).stdout
        self.assertIn("parameters", told)
        for row in ("arithmetic", "channels"):
            self.assertNotIn(row + " ", told.split("network")[0])
            self.assertIn(row + " ", self.limpid("inspect", MODEL).stdout)
        self.wav(seconds=0.1)
        self.expect(USAGE, "gives no audio; it cannot enhance", "enhance", "a.wav", "--model", RECOGNISER)

    def test_inspect_counts_parameters_once(self):
        told = self.limpid("inspect", "frcrn").stdout
        self.assertEqual(told.count("\nparameters "), 1)
        told = json.loads(self.limpid("inspect", "frcrn", "--json").stdout)
        self.assertEqual(told["parameters"], told["card"]["parameters"])

    def test_attention_tells_what_it_left_out(self):
        self.wav(seconds=1)
        self.assertNotIn("(the first", self.limpid("attention", RECOGNISER, "a.wav", "--seconds", "1").stdout)
        self.assertIn("(the first 0.5 s)",
                      self.limpid("attention", RECOGNISER, "a.wav", "--seconds", "0.5").stdout)
        if self.limpid("enhance", "a.wav", "-o", "a.mp3").returncode != OK:
            self.skipTest("this libsndfile writes no MP3")
        self.assertNotIn("(the first", self.limpid("attention", RECOGNISER, "a.mp3").stdout)

    def test_a_fake_card_refuses_before_it_plays(self):
        self.needs_live()
        self.wav(seconds=0.3), self.wav("b.wav", seconds=0.1)
        fake = ("live", "-m", MODEL, "-a", "12", "--fake", "a.wav")
        self.expect(USAGE, "b.wav exists already", *fake, "b.wav")
        self.expect(USAGE, "'.docx' is not that of an audio file", *fake, "c.docx")
        self.expect(USAGE, "nowhere/c.wav", *fake, "nowhere/c.wav")
        for option in (("--rate", "16000"), ("--input", "x"), ("--output", "x")):
            self.expect(USAGE, option[0] + " excludes --fake", *fake, "c.wav", *option)
        self.assertEqual(self.files(), ["a.wav", "b.wav"])
        self.expect(OK, "ms later", *fake, "c.wav")


if __name__ == "__main__":
    run(Arguments)
