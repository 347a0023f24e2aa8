# SPDX-License-Identifier: MIT
"""Where --report may write, settled before anything is enhanced."""
import pathlib

from end_to_end import MODEL, OK, USAGE, EndToEnd, run

RECOGNISER = pathlib.Path(__file__).resolve().parent.parent / "data/avsr_tiny_average.safetensors"


class Reports(EndToEnd):
    def refused(self, message, *arguments):
        before = self.files()
        self.expect(USAGE, message, *arguments)
        self.assertEqual(self.files(), before)

    def test_a_report_replaces_no_recording(self):
        recording = self.wav("rec.html", seconds=0.3)
        self.wav("one.wav", seconds=0.3)
        before = recording.read_bytes()
        self.refused("the report rec.html is the input rec.html",
                     "enhance", "rec.html", "one.wav", "-o", "oo", "--report", "rec.html")
        self.refused("the report rec.enhanced.html is the output for rec.html",
                     "enhance", "rec.html", "--report", "rec.enhanced.html")
        self.refused("no report of limpid's", "attention", RECOGNISER, "rec.html", "--report", "rec.html")
        self.assertEqual(recording.read_bytes(), before)

    def test_a_report_replaces_only_reports(self):
        self.wav(seconds=0.3)
        page = self.folder / "r.html"
        page.write_text("<!doctype html>\n<title>somebody's</title>")
        for options in ((), ("--overwrite",)):
            self.refused("r.html exists and is no report", "enhance", "a.wav", "--report", "r.html", *options)
        page.unlink()
        for _ in range(2):
            self.expect(OK, "report in r.html", "enhance", "a.wav", "--overwrite", "--report", "r.html")
        self.assertIn("limpid report", page.read_text())
        self.assertEqual(self.limpid("attention", RECOGNISER, "a.wav", "--report", "r.html").returncode, OK)
        self.assertIn("limpid attention", page.read_text())

    def test_a_report_is_no_folder_of_results(self):
        for name in ("a.wav", "b.wav"):
            self.wav(name, seconds=0.3)
        self.refused("one would be a folder of the other", "enhance", "a.wav", "b.wav", "-o", "out.html", "--report", "out.html")
        self.refused("one would be a folder of the other", "enhance", "a.wav", "-o", "o/a.wav", "--report", "o/a.wav/r.html")

    def test_a_report_makes_its_folder_when_there_is_one(self):
        self.wav(seconds=0.3)
        self.refused("no attention", "attention", MODEL, "a.wav", "--report", "new/r.html")
        self.assertFalse((self.folder / "new").exists())
        self.expect(OK, "report in new/deep/r.html", "enhance", "a.wav", "--report", "new/deep/r.html")

    def test_a_report_that_cannot_be_written_stops_before_the_work(self):
        self.wav(seconds=0.3)
        (self.folder / "file").write_text("x")
        (self.folder / "folder.html").mkdir()
        for report, named in (("file/r.html", "the folder file"), ("folder.html",) * 2, ("/proc/r.html",) * 2):
            self.refused(named, "enhance", "a.wav", "--report", report)
            self.refused(named, "attention", RECOGNISER, "a.wav", "--report", report)


if __name__ == "__main__":
    run(Reports)
