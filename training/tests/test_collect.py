"""Collecting a corpus: where files are found, what is taken of them, and what they become."""
import csv
import io
import json
import shutil
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import numpy as np
import soundfile

from limpid_train import cleaning, collect, fingerprints, places, sources
from limpid_train.augment import RATE, active_level
from limpid_train.cleaning import Unusable
from tests.test_arrays import speech_like

KLETTRES, WBOT = "KLettres (Debian klettres-data)", "Wbot (GitHub tweezerchef/Wbot)"


def wav(audio, rate=RATE, subtype="PCM_16", kind="WAV"):
    data = io.BytesIO()
    soundfile.write(data, audio, rate, subtype=subtype, format=kind)
    return data.getvalue()


def written(folder, files):
    for name, data in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def said(seed, seconds=3.0):
    """Bursts of a voice-like noise between silences of digital zeros."""
    audio = speech_like(np.random.default_rng(seed), seconds)
    return (0.4 * audio / np.abs(audio).max() * (np.sin(2 * np.pi * 1.5 * np.arange(len(audio)) / RATE) > 0)).astype(np.float32)


def sound(seed, seconds=2.0):
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal(int(seconds * RATE)) * np.repeat(rng.random(int(seconds * 20)), RATE // 20)).astype(np.float32)


class Places(unittest.TestCase):
    def test_patterns_go_beyond_slashes_and_exceptions_are_left_out(self):
        names = ["a/b/x.ogg", "a/voice.ogg", "c.wav", "a/b/x.txt"]
        self.assertEqual(places.chosen(names, ["a/*.ogg", "*.wav"], ["*voice*"]), ["a/b/x.ogg", "c.wav"])

    def test_members_of_zip_archives_are_files(self):
        with tempfile.TemporaryDirectory() as folder:
            with zipfile.ZipFile(Path(folder) / "x.zip", "w") as archive:
                archive.writestr("in/side.txt", "content")
            written(folder, {"out/buzz!.txt": b"other"})
            place = places.Folder(folder)
            self.assertEqual(place.names(), ["out/buzz!.txt", "x.zip", "x.zip!in/side.txt"])
            self.assertEqual((place.read("x.zip!in/side.txt"), place.read("out/buzz!.txt")), (b"content", b"other"))

    @unittest.skipUnless(shutil.which("git"), "no git")
    def test_a_repository_needs_no_work_tree_and_no_history(self):
        with tempfile.TemporaryDirectory() as folder:
            place = written(Path(folder) / "some+one", {"sounds/ä b.txt": b"content"})
            git = ["git", "-C", str(place), "-c", "user.name=x", "-c", "user.email=x@localhost"]
            for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
                subprocess.run([*git, *command], check=True)
            shutil.rmtree(place / "sounds")
            found = places.repository("some/one", folder)
            self.assertEqual(found.names(), ["sounds/ä b.txt"])
            self.assertEqual((found.read("sounds/ä b.txt"), found.read("sounds/other.txt")), (b"content", None))

    @unittest.skipUnless(shutil.which("dpkg-deb"), "no dpkg-deb")
    def test_a_package_is_unpacked_once(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = written(Path(folder) / "tree", {"usr/share/x.txt": b"content", "DEBIAN/control": b"Package: some\nVersion: 1\nArchitecture: all\n"
                                                  b"Maintainer: x <x@localhost>\nDescription: x\n"})
            subprocess.run(["dpkg-deb", "--build", str(tree), str(Path(folder) / "some_1_all.deb")], check=True, capture_output=True)
            self.assertEqual(places.package("some", folder).names(), ["usr/share/x.txt"])
            (Path(folder) / "some_1_all.deb").unlink()
            self.assertEqual(places.package("some", folder).read("usr/share/x.txt"), b"content")


class Cleaning(unittest.TestCase):
    def test_an_utterance_loses_silence_around_it_and_long_pauses_and_has_one_level(self):
        silent = np.zeros(2 * RATE, np.float32)
        audio = cleaning.voice(np.concatenate([silent, said(1), silent, said(2), silent]))
        self.assertLess(len(audio) / RATE, 3.0 + 3.0 + 0.5 + 2 * 0.15 + 0.1)
        self.assertGreater(len(audio) / RATE, 4.5)
        self.assertAlmostEqual(20 * np.log10(active_level(audio)), -26, delta=0.5)

    def test_what_a_target_must_not_be_is_refused(self):
        clipped = np.clip(20 * said(1), -0.5, 0.5)
        noisy = said(1) + 0.02 * np.random.default_rng(2).standard_normal(3 * RATE).astype(np.float32)
        for audio, why in ((clipped, "clipped"), (noisy, "noisy"), (said(1)[:3000], "shorter")):
            with self.assertRaisesRegex(Unusable, why):
                cleaning.voice(audio)

    def test_files_of_any_rate_become_one_channel_without_its_mean(self):
        stereo = np.stack([np.sin(2 * np.pi * 440 * np.arange(48000) / 48000) * 0.3 + 0.2, np.ones(48000)], axis=1)
        audio = cleaning.whole([cleaning.decoded(wav(stereo, 48000))])
        self.assertEqual(len(audio), RATE)
        np.testing.assert_allclose(audio[100:-100], 0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)[100:-100], atol=0.01)
        for data, why in ((b"no sound", "cannot be decoded"), (wav(np.full(RATE, np.nan), subtype="FLOAT"), "not finite"),
                          (wav(np.zeros(RATE)), "silent"), (wav(np.ones(9)), "empty")):
            with self.assertRaisesRegex(Unusable, why):
                cleaning.whole([cleaning.decoded(data)])

    def test_of_several_pieces_some_may_be_silent(self):
        audio = cleaning.whole([np.zeros(RATE), sound(1), np.zeros(RATE)])
        self.assertEqual(len(cleaning.noise(audio)) // RATE, 2)


class Fingerprints(unittest.TestCase):
    def test_a_piece_is_found_through_a_codec_and_what_was_never_heard_is_not(self):
        known = fingerprints.Known([(str(seed), fingerprints.words(sound(seed, 20.0))) for seed in range(5)])
        piece = soundfile.read(io.BytesIO(wav(0.3 * sound(3, 20.0)[77777:160000], kind="OGG", subtype="VORBIS")), dtype="float32")[0]
        self.assertEqual(known.heard(fingerprints.words(piece)), "3")
        self.assertIsNone(known.heard(fingerprints.words(sound(9, 20.0))))

    def test_silence_is_like_nothing_and_nothing_is_known_at_first(self):
        quiet = np.concatenate([np.zeros(5 * RATE, np.float32), sound(1)])
        known = fingerprints.Known([("quiet", fingerprints.words(quiet))])
        self.assertIsNone(known.heard(fingerprints.words(np.concatenate([np.zeros(5 * RATE, np.float32), sound(2)]))))
        self.assertIsNone(fingerprints.Known([]).heard(fingerprints.words(sound(1))))
        self.assertIsNone(known.heard(fingerprints.words(sound(1, 0.1))))


class Recipes(unittest.TestCase):
    def test_what_is_wrong_is_named(self):
        right = {"id": "x", "kind": "noise", "github": ["a/b"], "files": ["*"]}
        for change, why in (({"kind": "music"}, "the kind is"), ({"kind": "speech"}, "speech with its speaker"),
                            ({"fils": []}, "nothing is known of fils"), ({"github": None}, "github or debian"), ({"id": None}, "says not id")):
            recipe = {key: value for key, value in {**right, **change}.items() if value is not None}
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                file.write(json.dumps({"source": recipe}))
                file.flush()
                with self.assertRaisesRegex(ValueError, f"source: .*{why}"):
                    collect.read_recipes(file.name)

    def test_those_that_are_there_name_sources_with_a_licence_and_every_one_once(self):
        recipes = collect.read_recipes(Path(collect.__file__).parent.parent / "collect.json")
        for name, recipe in recipes.items():
            self.assertTrue(collect.licence_of(name, recipe["kind"]))
        self.assertEqual(len({recipe["id"] for recipe in recipes.values()}), len(recipes))
        with self.assertRaisesRegex(ValueError, "no licence is written down"):
            collect.licence_of("somebody's recordings", "noise")

    def test_licences_of_what_no_card_tells_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            written(folder, {"x.json": b'{"speech": {}, "rir": {}}'})
            with self.assertRaisesRegex(ValueError, "x.json: nothing is known of rir, only of .*rooms"):
                sources.read([Path(folder) / "x.json"])

    def test_pieces_of_a_recording_are_in_the_order_of_their_numbers(self):
        files = [(None, name) for name in ("a-10.wav", "a-2.wav", "b-1.wav")]
        self.assertEqual(collect.joined_pieces({"join": "(.*)-"}, files), [[(None, "a-2.wav"), (None, "a-10.wav")], [(None, "b-1.wav")]])


class Collected(unittest.TestCase):
    def collected(self, folder, recipes, *more):
        recipes_file = Path(folder) / "recipes.json"
        recipes_file.write_text(json.dumps(recipes), encoding="utf-8")
        command = ["collect", str(recipes_file), f"{folder}/out", "--clones", f"{folder}/clones", "--packages", f"{folder}/packages", *more]
        with mock.patch("sys.argv", command), mock.patch("builtins.print") as told:
            collect.main()
        with open(f"{folder}/out/manifest.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file)), " ".join(call.args[0] for call in told.call_args_list)

    def test_speakers_and_short_sounds_are_joined_and_copies_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            written(Path(folder) / "packages" / "klettres-data", {
                "one/1.wav": wav(said(1)), "one/2.wav": wav(said(2)), "two/1.wav": wav(said(3)), "two/copy.wav": wav(said(3)),
                "bad.wav": b"nothing"})
            written(Path(folder) / "packages" / "wbot", {f"{i}.wav": wav(sound(10 + i)) for i in range(3)} | {"long.wav": wav(sound(20, 9.0))})
            written(Path(folder) / "packages" / "more", {"2.wav": wav(sound(13))})           # another file of that name
            rows, told = self.collected(folder, {
                KLETTRES: {"id": "letters", "kind": "speech", "debian": ["klettres-data"], "files": ["*.wav"], "speaker": "(one|two)/", "language": "fr"},
                WBOT: {"id": "wbot", "kind": "noise", "debian": ["wbot", "more"], "files": ["*.wav"]}})
            self.assertEqual([(row["kind"], row["source"], row["speaker"]) for row in rows],
                             [("speech", "letters", "one"), ("speech", "letters", "two"), ("noise", "wbot", ""), ("noise", "wbot", "")])
            self.assertEqual(rows[0]["licence"], collect.licence_of(KLETTRES, "speech"))
            for row in rows:
                audio, rate = soundfile.read(f"{folder}/out/{row['path']}")
                self.assertEqual((f"{len(audio) / rate:.2f}", rate), (row["seconds"], RATE))
            self.assertAlmostEqual(float(rows[3]["seconds"]), 4 * 2.0 + 3 * 0.25, delta=0.4)
            self.assertIn("1 cannot be decoded", told)
            self.assertIn("1 twice in this source", told)

    def test_what_another_corpus_holds_out_is_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            other = written(Path(folder) / "other", {"eval/mix/noisy/1.wav": wav(sound(7, 9.0)), "noise/2.wav": wav(sound(8, 9.0))})
            (other / "manifest.csv").write_text("path,kind,split\nnoise/2.wav,noise,valid", encoding="utf-8")
            written(Path(folder) / "packages" / "wbot", {f"{seed}.wav": wav(0.5 * sound(seed, 9.0)[3000:]) for seed in (7, 8, 9)})
            rows, told = self.collected(folder, {WBOT: {"id": "wbot", "kind": "noise", "debian": ["wbot"], "files": ["*"]}},
                                        "--apart-from", str(other))
            self.assertEqual(len(rows), 1)
            self.assertIn("2 there already", told)

    @unittest.skipUnless(shutil.which("git"), "no git")
    def test_what_cannot_be_had_keeps_nobody_from_the_rest(self):
        with tempfile.TemporaryDirectory() as folder:
            written(Path(folder) / "packages" / "wbot", {"1.wav": wav(sound(1))})
            (Path(folder) / "clones" / "no+where").mkdir(parents=True)                            # no repository
            recipes = {KLETTRES: {"id": "letters", "kind": "speech", "github": ["no/where"], "files": ["*"], "speaker": "x"},
                       WBOT: {"id": "wbot", "kind": "noise", "debian": ["wbot"], "files": ["*"]}}
            with self.assertRaisesRegex(SystemExit, "not collected:\nletters: git .*ls-tree.*status 128"):
                self.collected(folder, recipes)
            with open(f"{folder}/out/manifest.csv", newline="", encoding="utf-8") as file:
                self.assertEqual([row["source"] for row in csv.DictReader(file)], ["wbot"])

    def test_minutes_are_no_more_than_asked_for(self):
        with tempfile.TemporaryDirectory() as folder:
            written(Path(folder) / "packages" / "wbot", {f"{i}.wav": wav(sound(i, 9.0)) for i in range(6)})
            rows, _ = self.collected(folder, {WBOT: {"id": "wbot", "kind": "noise", "debian": ["wbot"], "files": ["*"], "minutes": 0.5}})
            self.assertEqual(len(rows), 4)


if __name__ == "__main__":
    unittest.main()
