# SPDX-License-Identifier: MIT
"""What the program says of itself to man(1) and to shells is what it takes."""
import re
import shutil
import subprocess

from end_to_end import OK, USAGE, EndToEnd, run

# Completes WORDS..., the last of them being typed, as bash would; and says whether files would follow.
BASH = """source "$1"; shift
compopt() { [[ "$*" == *+o* ]] && files=no; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); files=yes
_limpid
printf '%s\\n' "${COMPREPLY[@]}" "files: $files"
"""


class Generate(EndToEnd):
    def generated(self, what):
        result = self.limpid("--generate", what)
        self.assertEqual((result.returncode, result.stderr), (OK, ""))
        path = self.folder / what
        path.write_text(result.stdout)
        return path

    def commands(self):
        """{command: {spellings of its options}}, by its help."""
        names = re.findall(r"^  ([a-z]+) ", self.limpid("--help").stdout.split("Subcommands:")[1], re.M)
        self.assertIn("enhance", names)
        return {name: set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", "\n".join(
            re.findall(r"^  (-\S+)", self.limpid(name, "--help").stdout, re.M)))) for name in names}

    def shell(self, name):
        if not shutil.which(name):
            self.skipTest(f"no {name} here")
        return name

    def output(self, *command):
        result = subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=60, cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def test_manual_describes_all_options(self):
        page = self.generated("man").read_text()
        self.assertIn("\n.SH EXIT STATUS\n", page)
        sections = dict(part.split("\n", 1) for part in page.split("\n.SS ")[1:])
        commands = self.commands()
        self.assertEqual(set(sections), set(commands))
        for name, options in commands.items():
            self.assertGreater(len(options), 1)
            for option in options:
                bold = r"\fB" + option.replace("-", r"\-") + r"\fR"
                self.assertIn(bold, sections[name], name)
        for line in page.splitlines():
            self.assertRegex(line, r"^(\.(TH|SH|SS|TP|PP|br|B)\b|[^.'])")
        self.assertNotRegex(page, r"(?<!\\)-")  # roff would make a hyphen of it, which no shell takes

    def test_manual_is_roff_without_warnings(self):
        if not shutil.which("groff"):
            self.skipTest("no groff here")
        shown = self.output("groff", "-man", "-Tascii", "-ww", "-z", self.generated("man"))
        self.assertEqual(shown, "")

    def complete(self, *words):
        """What bash offers for the last word, and whether it goes on to files."""
        *offered, files = self.output("bash", "-c", BASH, "bash", self.folder / "bash", "limpid", *words).split("\n")[:-1]
        return [word for word in offered if word], files == "files: yes"

    def test_bash_completes(self):
        self.shell("bash")
        self.generated("bash")
        models = [line.split()[0] for line in self.limpid("models").stdout.splitlines()]
        commands = self.commands()
        self.assertEqual(set(self.complete("")[0]), set(commands))
        self.assertEqual(self.complete("enh"), (["enhance"], True))
        for name, options in commands.items():
            self.assertEqual(set(self.complete(name, "--")[0]), {option for option in options if option.startswith("--")})
        self.assertEqual(self.complete("enhance", ""), ([], True))
        self.assertEqual(self.complete("enhance", "a.wav", "-o", "cl"), ([], True))
        self.assertEqual(self.complete("enhance", "-m", ""), (models, True))
        self.assertEqual(self.complete("enhance", "--model", "=", "li"), (["light"], True))
        self.assertEqual(self.complete("enhance", "--model", "="), (models, True))
        self.assertEqual(self.complete("inspect", "ba"), (["base"], True))
        self.assertEqual(self.complete("enhance", "--jobs", ""), ([], False))
        self.assertEqual(self.complete("bench", "--device", "cu")[0], ["cuda"])
        self.assertEqual(self.complete("enhance", "--json", ""), ([], True))  # it takes no value
        self.assertEqual(self.complete("--generate", "")[0], ["man", "bash", "zsh", "fish"])

    def test_fish_completes(self):
        fish = self.shell("fish")
        script = self.generated("fish")

        def complete(line):
            shown = self.output(fish, "--no-config", "-c", 'source $argv[1]; complete -C $argv[2]', script, line)
            return [row.split("\t")[0] for row in shown.splitlines()]

        self.wav("voice.wav")
        self.assertEqual(complete("limpid enh"), ["enhance"])
        self.assertEqual(complete("limpid enhance --att"), ["--attenuation-limit"])
        self.assertEqual(complete("limpid enhance --model li"), ["light"])
        self.assertEqual(complete("limpid enhance vo"), ["voice.wav"])
        self.assertEqual(complete("limpid bench --device "), ["cpu", "cuda"])
        self.assertEqual(complete("limpid enhance --jobs vo"), [])

    def test_zsh_understands(self):
        zsh = self.shell("zsh")
        script = self.generated("zsh")
        self.output(zsh, "-n", script)
        text = script.read_text()
        for name, options in self.commands().items():
            case = text.split(f"\n    {name})\n")[1].split(";;")[0]
            for option in options:
                self.assertRegex(case, rf"\n    '[^']*[)*]{option}\[", name)

    def test_generates_only_what_there_is(self):
        self.expect(USAGE, "csh", "--generate", "csh")
        self.expect(USAGE, "--generate", "--generate")


if __name__ == "__main__":
    run(Generate)
