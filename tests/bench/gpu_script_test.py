#!/usr/bin/env python3
"""bench/gpu.sh from beginning to end without a GPU, on stub programs (gpu_stubs.py): gpu_script_test.py SOURCE_DIR. A card is lent
for minutes, so what is wrong with the scripts must be known before. Exits 77 (skipped) where a tool that they need is missing."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import gpu_stubs

SOURCE = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
TOOLS = ("bash", "timeout", "realpath", "ldd", "/usr/bin/git")
LIMIT = 100  # seconds; all stages take about three


class Tree:
    """A copy of the source tree as far as the scripts need it, and a machine of stubs."""

    def __init__(self, folder):
        self.root = folder / "tree"
        self.stubs, self.programs, self.out = folder / "stubs", folder / "programs", folder / "out"
        for part in ("bench", "training", "tests/fixtures", "assets"):
            (self.root / part).parent.mkdir(parents=True, exist_ok=True)
            (self.root / part).symlink_to(SOURCE / part)
        gpu_stubs.write(self.stubs, gpu_stubs.MACHINE)
        gpu_stubs.write(self.programs, gpu_stubs.PROGRAMS)
        self.pack = self.root / "build/gpu-pack"

    def gpu(self, *arguments, **environment):
        """Exit code of one call of gpu.sh, and what it said."""
        log = self.root.parent / "said.txt"
        with log.open("w") as file:
            child = subprocess.Popen(["bash", self.root / "bench/gpu.sh", *arguments, self.out], stdout=file, stderr=file,
                                     start_new_session=True, cwd=self.root, env={"PATH": f"{self.stubs}:/usr/bin:/bin", **environment})
            try:
                code = child.wait(LIMIT)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                code = "too long"
        return code, log.read_text()

    def bring_pack(self, commit=""):
        """One that was made elsewhere."""
        gpu_stubs.write(self.pack, {pathlib.Path(name).name: script for name, script in gpu_stubs.PROGRAMS.items()})
        (self.pack / "commit").write_text(commit)

    def commit(self):
        for words in (["init", "-q"], ["-c", "user.name=a", "-c", "user.email=b", "commit", "-q", "--allow-empty", "-m", "c"]):
            subprocess.run(["/usr/bin/git", "-C", self.root, *words], check=True)

    def table(self):
        return (self.out / "table.md").read_text()


class GpuScript(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.tree = Tree(pathlib.Path(self.folder.name))

    def gpu(self, expected, *arguments, **environment):
        code, said = self.tree.gpu(*arguments, **environment)
        self.assertEqual(code, expected, said[-4000:])
        return said

    def test_everything_with_a_pack_in_one_call(self):
        """A machine with nvcc and cmake, but without limpid's packages."""
        self.tree.bring_pack()
        self.gpu(0, "--seconds", str(LIMIT))
        done = {path.name for path in (self.tree.out / "done").iterdir()}
        for start in ("test_", "sanitize_memcheck", "network_live_", "network_grouped_", "network_files_", "network_published_",
                      "network_whole_", "network_arrays_", "torch_published", "torch_arrays", "torch_light", "files_published", "files_whole",
                      "files_arrays", "files_light", "profile_live", "profile_frcrn", "profile_deftan2", "bench_256", "torch_256",
                      "bench_4194304"):
            self.assertTrue(any(name.startswith(start) for name in done), f"{start}: {sorted(done)}")
        table = self.tree.table()
        self.assertNotIn("FAILED", table)
        self.assertNotIn("not begun", table)
        self.assertIn("programs: the pack's", table)
        models = {path.name for path in (self.tree.out / "models").iterdir()}
        self.assertEqual(models, {f"{name}.safetensors" for name in ("frcrn_published", "frcrn_frozen", "deftan2_published")})
        before = (self.tree.out / "times.csv").read_text().splitlines()
        self.gpu(0, "--stage", "test aims flashfftconv")  # what is done is not done again; what was skipped is tried
        again = (self.tree.out / "times.csv").read_text().splitlines()[len(before):]
        self.assertEqual({line.split(",")[0] for line in again}, {"flashfftconv"})

    def test_builds_where_it_can(self):
        self.gpu(0, "--stage", "build test table", STUBS_PROGRAMS=str(self.tree.programs))
        self.assertIn("programs: built here", self.tree.table())

    def test_without_packages_or_pack_it_fails(self):
        self.gpu(1, "--stage", "build test table")
        self.assertIn("| build | FAILED: exit code 1 |", self.tree.table())

    def test_a_pack_of_another_commit_fails(self):
        self.tree.commit()
        self.gpu(0, "--stage", "pack", STUBS_PROGRAMS=str(self.tree.programs))
        shutil.rmtree(self.tree.root / "build/gpu")  # carried to a machine that has the pack alone
        self.gpu(0, "--stage", "check build table")
        self.assertRegex((self.tree.pack / "commit").read_text(), "^[0-9a-f]{12}\n$")
        (self.tree.pack / "commit").write_text("0123456789ab\n")
        for stage in ("check", "build"):
            self.assertIn("not of this tree", self.gpu(1, "--stage", stage))
        self.gpu(1, "--stage", "table")
        self.assertIn("not of this tree", self.tree.table())
        shutil.rmtree(self.tree.root / ".git")  # as in a copy: nothing to compare with
        self.gpu(0, "--stage", "check build table")
        self.assertIn("0123456789ab", self.tree.table())

    def test_a_profile_without_kernels_is_not_done(self):
        self.tree.bring_pack()
        self.gpu(1, "--stage", "profile table", STUBS_SILENT="ncu")
        self.assertIn("| profile_live_base | FAILED: left no result |", self.tree.table())
        self.gpu(0, "--stage", "profile table")

    def test_a_measurement_without_a_result_is_not_done(self):
        self.tree.bring_pack()
        self.gpu(1, "--stage", "aims test table", STUBS_SILENT="limpid cuda_device_test")
        self.assertIn("| network_live_base_fp16_4096 | FAILED: left no result |", self.tree.table())
        self.assertIn("| test_cuda_device_test | FAILED: no test ran, or some were skipped |", self.tree.table())
        self.gpu(0, "--stage", "aims test table")

    def test_what_hangs_leaves_time_for_the_others(self):
        self.tree.bring_pack()
        self.gpu(1, "--stage", "aims table", "--most", "3", STUBS_HANG="--groups 2")
        self.assertIn("| network_grouped_base_fp16_4096_2 | FAILED: out of time |", self.tree.table())
        times = (self.tree.out / "times.csv").read_text().splitlines()
        self.assertEqual([line.split(",")[2] for line in times], ["124"] + (len(times) - 1) * ["0"])

    def test_models_that_were_left_behind_are_made_again(self):
        self.tree.bring_pack()
        self.gpu(0, "--stage", "aims")
        shutil.rmtree(self.tree.out / "models")
        self.gpu(0, "--stage", "aims")
        self.assertTrue((self.tree.out / "models/deftan2_published.safetensors").exists())

    def test_a_test_that_fails_is_a_failure(self):
        self.tree.bring_pack()
        self.gpu(1, "--stage", "test racecheck table", STUBS_FAIL="frcrn_gpu_test")
        self.assertIn("| test_frcrn_gpu_test | FAILED: exit code 1 |", self.tree.table())
        self.assertIn("| sanitize_racecheck_frcrn | FAILED: exit code 1 |", self.tree.table())
        self.assertIn("| sanitize_racecheck_longconv | passed |", self.tree.table())


if __name__ == "__main__":
    for tool in TOOLS:
        if not shutil.which(tool):
            print(f"{tool} is missing")
            sys.exit(77)
    unittest.main()
