# SPDX-License-Identifier: MIT
"""Microphone arrays: docs/arrays.md."""
import json
import pathlib

from end_to_end import FAILED, MODEL, OK, USAGE, EndToEnd, run

DATA = pathlib.Path(MODEL).parent
ARRAY = str(DATA / "deftan2_tiny_causal.safetensors")   # three microphones
WHOLE = str(DATA / "deftan2_tiny.safetensors")          # three microphones, whole recordings


class Array(EndToEnd):
    def test_array_becomes_one_channel(self):
        self.wav("three.wav", channels=3)
        result = self.limpid("enhance", "three.wav", "--model", ARRAY, "--json")
        self.assertEqual(result.returncode, OK, result.stderr)
        row = json.loads(result.stdout.splitlines()[0])
        self.assertIn("1 channel", row["output_format"])
        self.assertEqual(row["seconds"], 1.0)

    def test_array_channels_are_chosen_and_ordered(self):
        self.wav("five.wav", channels=5)
        self.expect(FAILED, ["five.wav", "needs 3 channels", "found 5: choose with --channels"],
                    "enhance", "five.wav", "--model", ARRAY)
        outputs = []
        for name, options in (("a", ("--channels", "2-4")), ("b", ("--channels", "3,4,2")),
                              ("c", ("--channels", "2-4", "--reference-mic", "3"))):
            self.expect(OK, "1 enhanced", "enhance", "five.wav", "-o", name + ".wav", "--model", ARRAY, *options)
            outputs.append((self.folder / (name + ".wav")).read_bytes())
        self.assertNotEqual(outputs[0], outputs[1])
        self.assertEqual(outputs[1], outputs[2])

    def test_array_choices_that_cannot_be(self):
        self.wav("five.wav", channels=5)
        for expected, *options in (("needs 3 channels, one of each microphone, found 2", "--channels", "1,2"),
                                   ("expected numbers", "--channels", "1;2;3"),
                                   ("not one of those", "--channels", "1-3", "--reference-mic", "5")):
            self.expect(USAGE, expected, "enhance", "five.wav", "--model", ARRAY, *options)
        self.expect(USAGE, "one microphone", "enhance", "five.wav", "--model", MODEL, "--reference-mic", "2")
        self.expect(FAILED, "there is no channel 7: 5 in all", "enhance", "five.wav", "--model", ARRAY,
                    "--channels", "1,2,7")
        self.assertEqual(self.files(), ["five.wav"])

    def test_array_whole_recordings_at_any_rate(self):
        self.wav("three.wav", rate=22050, channels=3)
        self.expect(OK, ["resampled to 16000 Hz", "1 enhanced"], "enhance", "three.wav", "--model", WHOLE)

    def test_one_channel_models_take_the_chosen_channels(self):
        self.wav("five.wav", channels=5)
        result = self.limpid("enhance", "five.wav", "--channels", "5,1", "--json")
        self.assertEqual(result.returncode, OK, result.stderr)
        self.assertIn("2 channels", json.loads(result.stdout.splitlines()[0])["output_format"])

    def test_array_models_tell_how_many_microphones_they_have(self):
        self.assertIn("3 in, 1 out", self.limpid("inspect", ARRAY).stdout)
        self.assertEqual(json.loads(self.limpid("inspect", ARRAY, "--json").stdout)["input_channels"], 3)
        for model in (ARRAY, WHOLE):
            self.assertIn("real-time factor", self.limpid("bench", model, "--seconds", "0.1").stdout)

    def test_a_model_is_an_argument_or_an_option(self):
        self.assertEqual(self.limpid("inspect", "-m", ARRAY).stdout, self.limpid("inspect", ARRAY).stdout)
        self.assertIn("real-time factor", self.limpid("bench", "--model", ARRAY, "--seconds", "0.1").stdout)
        self.expect(USAGE, "not expected", "inspect", "-m", ARRAY, ARRAY)


if __name__ == "__main__":
    run(Array)
