"""What the scripts around training on a GPU pack and pass on."""
import csv
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "train_on_gpu.sh"


class Packing(unittest.TestCase):
    def test_the_files_that_a_manifest_names_are_packed(self):
        with tempfile.TemporaryDirectory() as folder:
            corpus, parts, out = (Path(folder) / name for name in ("corpus", "parts", "out"))
            names = ["noise/a b.flac", "elsewhere/c,d.wav", "-e.wav"]  # of noise alone, and not only in folders of their kind
            for name in (*names, "eval/mix/noisy/x.wav"):
                (corpus / name).parent.mkdir(parents=True, exist_ok=True)
                (corpus / name).write_bytes(os.urandom(600_000))
            with open(corpus / "manifest.csv", "w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([("kind", "path"), *(("noise", name) for name in names), ("noise", names[0])])
            subprocess.run([SCRIPT.with_name("pack_corpus.sh"), corpus, parts, "1"], check=True, capture_output=True,
                           env={**os.environ, "PYTHON": sys.executable})
            self.assertGreater(len(list(parts.iterdir())), 1)
            self.assertLessEqual(max(part.stat().st_size for part in parts.iterdir()), 2 ** 20)
            out.mkdir()
            subprocess.run(f"cat '{parts}'/corpus.tar.[0-9]* | tar -C '{out}' -xf -", shell=True, check=True)
            found = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
            self.assertEqual(found, {"manifest.csv", *names})
            for name in names:
                self.assertEqual((out / name).read_bytes(), (corpus / name).read_bytes())


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
