"""Sets of one's own: folders of eval/ that the corpus did not come with."""
import json
import shutil

from limpid_train.sets import items_of
from limpid_train.systems import Folder
from tests.evaluated import Evaluated


class OwnSets(Evaluated):
    def test_a_folder_with_noisy_and_clean_files_is_scored_like_the_others(self):
        scores = self.folder / "scores.json"
        corpus, ours = self.with_sets()
        text = self.run_main("--corpus", corpus, "--enhanced", ours, "--sets", "meeting", "far", "--json", scores)
        self.assertIn("### meeting (2 files)", text)
        self.assertIn("### far (1 files)", text)
        summary = json.loads(scores.read_text(encoding="utf-8"))
        same = json.loads(self.scored("--enhanced", self.half, "--sets", "mix").read_text(encoding="utf-8"))
        self.assertEqual(summary["meeting"], same["mix"])
        self.assertIn("quiet_db", summary["far"])
        self.assertNotIn("si_sdr", summary["far"])

    def test_the_page_shows_their_worst_files(self):
        page = self.folder / "page.html"
        corpus, ours = self.with_sets()
        self.run_main("--corpus", corpus, "--enhanced", ours, "--sets", "meeting", "--html", page)
        self.assertIn("meeting/mix_0", page.read_text(encoding="utf-8"))

    def test_their_outputs_are_found_anywhere_below_a_folder(self):
        corpus, ours = self.with_sets()
        (ours / "meeting").rename(ours / "of-monday")
        item = items_of(corpus, "meeting", self.folder)[0]
        self.assertEqual(Folder(ours).find("meeting", item), ours / "of-monday" / "mix_0.wav")

    def test_others_are_refused_with_the_names_that_there_are(self):
        with self.assertRaisesRegex(ValueError, "no set named metting: neither vb60, mix, .* nor a folder of .*eval"):
            self.run_main("--enhanced", self.half, "--sets", "metting")

    def with_sets(self):
        """A corpus that has the files of mix and real under other names alone, and what a system made of them."""
        corpus, ours = self.folder / "corpus", self.folder / "ours"
        for mine, name in (("meeting", "mix"), ("far", "real")):
            shutil.copytree(self.corpus / "eval" / name, corpus / "eval" / mine)
            shutil.copytree(self.half / name, ours / mine)
        return corpus, ours

    def scored(self, *arguments):
        path = self.folder / "same.json"
        self.run_main(*arguments, "--json", path)
        return path
