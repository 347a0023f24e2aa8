"""What the script passes on to limpid_train.limited."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "train_on_gpu.sh"


class Arguments(unittest.TestCase):
    def passed_on(self, *arguments):
        """What follows CORPUS OUT SECONDS in the call of an interpreter that only prints it."""
        with tempfile.TemporaryDirectory() as folder:
            python = Path(folder) / "python"
            python.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n", encoding="utf-8")
            python.chmod(0o755)
            (Path(folder) / "manifest.csv").touch()
            done = subprocess.run([SCRIPT, folder, Path(folder) / "out", "60", *arguments], check=True, capture_output=True,
                                  text=True, env={**os.environ, "PYTHON": str(python)})
        return done.stdout.splitlines()[5:]

    def test_the_configuration_is_optional(self):
        self.assertEqual(self.passed_on(), ["--config", "base"])
        self.assertEqual(self.passed_on("light"), ["--config", "light"])
        self.assertEqual(self.passed_on("light", "--plan", "90"), ["--config", "light", "--plan", "90"])
        self.assertEqual(self.passed_on("--plan", "90", "--cpu"), ["--config", "base", "--plan", "90", "--cpu"])


if __name__ == "__main__":
    unittest.main()
