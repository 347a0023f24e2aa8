"""Every variant of the experiments is a network that can be built; a finished one is not run again."""
import csv
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch

from limpid_train import experiments
from limpid_train.config import load_config
from limpid_train.weights import NETWORKS
from tests.test_data import small_cache
from tests.test_train import CONFIG


class Variants(unittest.TestCase):
    def test_each_differs_from_the_control_and_runs(self):
        base = load_config("nano")
        for name in experiments.VARIANTS:
            config = experiments.varied(base, name, base["training"]["seed"])
            self.assertEqual(config == {**base, "name": name}, name == "control", name)
            with torch.no_grad():
                network = NETWORKS[config["network"]["architecture"]](config["network"])
                self.assertEqual(network.eval()(torch.zeros(1, 800)).shape, (1, 800), name)

    def test_table_is_continued(self):
        with tempfile.TemporaryDirectory() as folder:
            cache, output = Path(folder) / "cache", Path(folder) / "out"
            cache.mkdir()
            small_cache(cache)
            (cache / "manifest.csv").write_text("path,kind\n", encoding="utf-8")
            for name, rate in (("one", 1e-3), ("other", 5e-4)):
                config = {**CONFIG, "training": {**CONFIG["training"], "batch": 1, "lr": rate}}
                (cache / f"{name}.json").write_text(json.dumps(config), encoding="utf-8")
            command = ["experiments", "--corpus", str(cache), "--cache", str(cache), "--output", str(output),
                       "--config", str(cache / "one.json"), "--steps", "2", "--only", "control", "--seeds", "7", "8"]
            scores = {"valid_gain": 1.0}
            with mock.patch.object(sys, "argv", command), mock.patch.object(experiments, "fixed_mixtures"), \
                    mock.patch("limpid_train.train.fixed_mixtures"), \
                    mock.patch("limpid_train.train.validate", lambda *_: scores), \
                    mock.patch.object(experiments, "validate", lambda *_: scores):
                experiments.main()
                experiments.main()
                command[-2:] = ["7"]
                command[command.index("2")] = "1"
                experiments.main()
                command[command.index(str(cache / "one.json"))] = str(cache / "other.json")
                experiments.main()
            with open(output / "results.csv", newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
        self.assertEqual([(row["variant"], row["seed"], row["gain"], row["steps"]) for row in rows],
                         [("control", "7", "1.0", "2"), ("control", "8", "1.0", "2"), ("control", "7", "1.0", "1"),
                          ("control", "7", "1.0", "1")])
        self.assertEqual(len({row["configuration"] for row in rows}), 3)

    def test_a_table_that_does_not_name_configurations_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "results.csv"
            table.write_text("variant,seed,steps\ncontrol,7,2\n", encoding="utf-8")
            with self.assertRaisesRegex(ValueError, "another --output"):
                experiments.finished(table)


if __name__ == "__main__":
    unittest.main()
