# SPDX-License-Identifier: MIT
"""What the program says of itself to man(1) and to shells is what it takes."""
import os
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

# What becomes of LINES... where the tab key follows each, as zsh would complete them; asked of a shell that believes it has a terminal.
ZSH = r"""zmodload zsh/zpty
export OUT=$1; shift
zpty shell 'TERM=dumb zsh -f -i'
zpty -w shell 'fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D; unsetopt autolist automenu'
zpty -w shell 'show() { print -r -- "$BUFFER" >> $OUT; BUFFER= }; zle -N show; bindkey "^I" complete-word "^G" show; print re""ady'
zpty -r shell said '*ready*'
for line in $@; zpty -wn shell "$line"$'\t\a'
zpty -w shell exit
while zpty -r shell said; do :; done
"""


class Generate(EndToEnd):
    def generated(self, what):
        result = self.limpid("--generate", what)
        self.assertEqual((result.returncode, result.stderr), (OK, ""))
        path = self.folder / what
        path.write_text(result.stdout)
        return path

    def models(self):
        return [line.split()[0] for line in self.limpid("models").stdout.splitlines()]

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
            self.assertRegex(line, r"^(\.(TH|SH|SS|TP|PP|br|nh|B|BR)\b|[^.'])")
        self.assertNotRegex(page, r"(?<!\\)-")  # roff would make a hyphen of it, which no shell takes

    def test_manual_says_what_help_says(self):
        """Of every option and argument: its value, what it is for, and its default."""
        page = re.sub(r"\s+", " ", re.sub(r"\\f[BIR]", "", self.generated("man").read_text()))
        plain = page.replace("\\-", "-").replace("\\(ga", "`")
        for name in self.commands():
            rows = re.findall(r"^  (\S.*(?:\n {10}.*)*)", self.limpid(name, "--help").stdout, re.M)
            self.assertTrue(rows)
            for row in rows:
                term, text = re.split(r"  +|\n +", row, maxsplit=1)
                self.assertIn(" ".join([".TP", term.replace(",--", ", --"), *text.split(), ""]), plain, name)

    def test_examples_of_the_manual_are_of_this_build(self):
        page, commands = self.generated("man").read_text(), self.commands()
        lines = re.findall(r"^\\fBlimpid (\w+) (.*)\\fR$", page.split("\n.SH EXAMPLES\n")[1].replace("\\-", "-"), re.M)
        self.assertTrue(lines)
        for command, arguments in lines:
            self.assertIn(command, commands)
            self.assertLessEqual({word for word in arguments.split() if word.startswith("-")}, commands[command])
            self.assertLessEqual(set(re.findall(r"-m (\S+)", arguments)), set(self.models()))

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
        models, commands = self.models(), self.commands()
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
        self.assertEqual(self.complete("inspect", "-m", "ba"), (["base"], True))
        self.assertEqual(self.complete("enhance", "--jobs", ""), ([], False))
        self.assertEqual(self.complete("bench", "--device", "cu")[0], ["cuda"])
        self.assertEqual(self.complete("enhance", "--json", ""), ([], True))  # it takes no value
        self.assertEqual(self.complete("--generate", "")[0], ["man", "bash", "zsh", "fish"])
        self.assertEqual(self.complete("enhance", "-o", "bench", "--la"), ([], True))  # a file called like a command
        self.assertEqual(self.complete("enhance", "a -- b.wav", "--ov"), (["--overwrite"], True))
        self.assertEqual(self.complete("enhance", "--", "--ov"), ([], True))  # a file called like an option

    def test_fish_completes(self):
        fish = self.shell("fish")
        script = self.generated("fish")

        def complete(line):
            shown = self.output(fish, "--no-config", "-c", 'source $argv[1]; complete -C $argv[2]', script, line)
            words = [row.split("\t")[0] for row in shown.splitlines()]
            return [word for word in words if word.startswith(line.split(" ")[-1])]  # fish 4 adds what is similar

        self.wav("voice.wav")
        self.assertEqual(complete("limpid enh"), ["enhance"])
        self.assertEqual(complete("limpid enhance --att"), ["--attenuation-limit"])
        self.assertEqual(complete("limpid enhance --model li"), ["light"])
        self.assertEqual(complete("limpid enhance -m li"), ["light"])
        self.assertEqual(complete("limpid enhance -o vo"), ["voice.wav"])
        self.assertEqual(complete("limpid enhance vo"), ["voice.wav"])
        self.assertEqual(complete("limpid bench --device "), ["cpu", "cuda"])
        self.assertEqual(complete("limpid enhance --jobs vo"), [])
        self.assertEqual(complete("limpid enhance -o bench --la"), [])  # a file called like a command
        for name, options in self.commands().items():
            self.assertEqual(set(complete(f"limpid {name} --")), {option for option in options if option.startswith("--")})

    def test_zsh_understands(self):
        zsh = self.shell("zsh")
        script = self.generated("zsh")
        self.output(zsh, "-n", script)
        text = script.read_text()
        for name, options in self.commands().items():
            case = text.split(f"\n    {name})\n")[1].split(";;")[0]
            for option in options:
                self.assertRegex(case, rf"\n    '[^']*[)*]{option}=?\[", name)

    def test_zsh_completes(self):
        zsh = self.shell("zsh")
        try:
            for end in os.openpty():
                os.close(end)
        except OSError as problem:
            self.skipTest(f"no terminals here: {problem}")
        (self.folder / "functions").mkdir()
        self.generated("zsh").rename(self.folder / "functions/_limpid")
        self.wav("voice.wav")
        (self.folder / "--overdone.wav").touch()
        completed = {
            "limpid enh": "limpid enhance ",
            "limpid enhance --att": "limpid enhance --attenuation-limit=",  # a blank takes its place
            "limpid enhance --model li": "limpid enhance --model light ",
            "limpid enhance --model=li": "limpid enhance --model=light ",
            "limpid enhance vo": "limpid enhance voice.wav ",
            "limpid enhance -j 2 vo": "limpid enhance -j 2 voice.wav ",
            "limpid enhance --jobs vo": "limpid enhance --jobs vo",
            "limpid enhance -j 2 --jo": "limpid enhance -j 2 --jo",  # it is there
            "limpid enhance -o bench --la": "limpid enhance -o bench --la",  # a file called like a command
            "limpid enhance -- --ov": "limpid enhance -- --overdone.wav ",
            "limpid live --fake a.wav vo": "limpid live --fake a.wav voice.wav ",
            "limpid convolve --route 1:1:1 --ro": "limpid convolve --route 1:1:1 --route=",
            "limpid inspect ba": "limpid inspect base ",
            "limpid bench --device cu": "limpid bench --device cuda ",
            "limpid --generate=fi": "limpid --generate=fish "}
        if "live" not in self.commands():
            del completed["limpid live --fake a.wav vo"]
        self.output(zsh, "-f", "-c", ZSH, "zsh", self.folder / "completed", *completed)
        self.assertEqual((self.folder / "completed").read_text().splitlines(), list(completed.values()))

    def test_generates_only_what_there_is(self):
        self.expect(USAGE, "csh", "--generate", "csh")
        self.expect(USAGE, "--generate", "--generate")


if __name__ == "__main__":
    run(Generate)
