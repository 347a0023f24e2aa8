"""A model's card says what the weights were learnt from: what the manifests of its corpora state, or what somebody wrote down."""
import json
import tempfile
import unittest
from pathlib import Path

import torch

from limpid_train import sources, weights
from limpid_train.export import card, export
from limpid_train.master import Master
from make_test_vectors import ARRAY_CAUSAL
from tests.test_train import CONFIG

TRAINING = Path(__file__).parents[1]
HEADING = "path,kind,source,speaker,language,seconds,licence,split\n"


class Cards(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        (self.folder / "config.json").write_text(json.dumps(CONFIG))

    def corpus(self, name, *rows):
        (self.folder / name).mkdir()
        (self.folder / name / "manifest.csv").write_text(HEADING + "\n".join(rows))
        return self.folder / name

    def test_it_names_what_the_manifests_name(self):
        one = self.corpus("one", "a.wav,speech,choir,,,1,CC BY 4.0,train", "b.wav,speech,choir,,,1,CC0,train",
                          "c.wav,speech,mine,,,1,,train", "d.wav,speech,held out,,,1,secret,valid", "e.wav,rir,hall,,,1,CC0,train")
        two = self.corpus("two", "f.wav,noise,kitchen,,,1,CC0 by its cook,train")
        master = Master(CONFIG, self.folder, torch.device("cpu"))
        with self.assertRaisesRegex(ValueError, "no checkpoint yet"):
            export(self.folder, self.folder / "m.safetensors")
        master.checkpoint(1, 1.0)
        with self.assertRaisesRegex(ValueError, r"data\.json: not there.*--data says it"):
            export(self.folder, self.folder / "m.safetensors")
        sources.remember(self.folder, one)
        sources.remember(self.folder, [two])  # as a run that goes on with another corpus
        about = export(self.folder, self.folder / "m.safetensors")
        self.assertEqual(about["data"], ["speech: choir", "speech: mine", "noise: kitchen", "rooms: hall", "rooms: simulated small rooms"])
        self.assertEqual(about["licences"], ["CC BY 4.0; CC0", "CC0", "CC0 by its cook", "made by this recipe", "not stated"])
        self.assertEqual(about["licence"], "not stated")
        self.assertNotIn("GPL", about["licence_note"])
        self.assertEqual(json.loads(weights.read(self.folder / "m.safetensors")[1]["card"]), about)
        sources.remember(self.folder, one, {"licence": "MIT", "speech": {"my choir": "CC0"}})
        about = export(self.folder, self.folder / "m.safetensors")
        self.assertEqual(about["licence"], "MIT")
        self.assertEqual(about["data"], ["speech: my choir", "rooms: simulated small rooms"])

    def of_recipe(self, network, *files):
        return card(self.folder, {**CONFIG, "network": network}, {}, {"step": 1, "hours": 1.0}, {}, "",
                    sources.read([TRAINING / file for file in files]))

    def test_exports_of_the_shipped_recipes_say_what_their_cards_say(self):
        for model, network in (("frcrn", CONFIG["network"]), ("array-small-4", ARRAY_CAUSAL)):
            shipped = json.loads(weights.read(TRAINING.parent / "assets" / f"{model}.safetensors")[1]["card"])
            about = self.of_recipe(network, "recordings.json", "more_recordings.json")
            for key in ("data", "licences", "licence", "licence_note"):
                self.assertEqual(about[key], shipped[key], f"{model}: {key}")


if __name__ == "__main__":
    unittest.main()
