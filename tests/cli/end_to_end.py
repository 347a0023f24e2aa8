# SPDX-License-Identifier: MIT
"""Runs the program as its user would. Scripts made with this take PROGRAM MODEL [CASE...] and exit with 77
when the case cannot be run on this machine. MODEL is a small one without training, so that only the tests
of shipped models depend on those.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from recordings import pcm_wav

PROGRAM, MODEL = map(os.path.abspath, sys.argv[1:3])
OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


class EndToEnd(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="limpid_"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def limpid(self, *arguments, **options):
        if "enhance" in arguments and not {"--model", "--help"} & set(arguments):
            arguments += ("--model", MODEL)
        return subprocess.run([PROGRAM, *map(str, arguments)], cwd=self.folder, text=True,
                              capture_output=True, timeout=300, **options)

    def expect(self, code, message, *arguments, **options):
        """The exit code, and a message on standard error that says what is wrong and where."""
        result = self.limpid(*arguments, **options)
        self.assertEqual(result.returncode, code, result.stderr)
        for part in [message] if isinstance(message, str) else message:
            self.assertIn(part, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertNotIn("terminate called", result.stderr)
        return result

    def peak_memory(self, *arguments):
        """MiB. Watched from outside: what wait4() tells includes this script, before exec()."""
        program = subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, stderr=subprocess.DEVNULL)
        most = 0
        while program.poll() is None:
            status = pathlib.Path(f"/proc/{program.pid}/status").read_text()
            most = max([most] + [int(kib) for kib in re.findall(r"VmHWM:\s+(\d+)", status)])
            time.sleep(0.002)
        self.assertEqual(program.returncode, OK)
        return most / 1024

    def files(self):
        return sorted(str(path.relative_to(self.folder))
                      for path in self.folder.rglob("*") if path.is_file())

    def wav(self, name="a.wav", **options):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return pcm_wav(path, **options)


def run(cases):
    names = [f"{cases.__name__}.{name}" for name in sys.argv[3:]]
    module, loader = sys.modules[cases.__module__], unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromTestCase(cases)
    outcome = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(1 if not outcome.wasSuccessful() else 77 if len(outcome.skipped) == outcome.testsRun else 0)
