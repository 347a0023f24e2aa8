"""Scores limpid (or anything that makes files) on the corpus's evaluation sets, with the noisy files beside it."""
import argparse
import importlib.util
import json
import sys
import tempfile
from pathlib import Path

from .rows import rows_of
from .sets import ALL, items_of
from .systems import Folder, Network, Program
from .tables import extremes, markdown, read_csv, rounded, summarise, tables_of, write_csv


class Evaluation:
    """Items, output files and rows of one system, by set."""

    def __init__(self, name):
        self.name, self.items, self.paths, self.rows = name, {}, {}, {}

    def add(self, set_name, items, paths, jobs, dnsmos):
        self.items[set_name], self.paths[set_name] = items, paths
        self.rows[set_name] = rows_of(set_name, items, paths, jobs, dnsmos)

    @classmethod
    def scored(cls, name, path, set_items):
        """What an earlier run has found of {set: items}, from its CSV."""
        evaluation, rows = cls(name), read_csv(path)
        for set_name, items in set_items.items():
            wanted = {item.name for item in items}
            chosen = [row for row in rows.get(set_name, ()) if row["file"] in wanted]
            if chosen:
                evaluation.rows[set_name] = chosen
        return evaluation

    def summary(self):
        return {name: summarise(rows) for name, rows in self.rows.items()}


def run(system, name, set_items, outputs, jobs, dnsmos=None):
    """One system over {set: items}. Sets that it has no files of are left out, and files of a rate that a network is not for."""
    evaluation = Evaluation(name)
    for set_name, items in set_items.items():
        if isinstance(system, Network):
            items = [item for item in items if item.rate == system.rate]
        folder = Path(outputs) / set_name
        folder.mkdir(parents=True, exist_ok=True)
        paths = system(set_name, items, folder) if items else None
        if paths:
            evaluation.add(set_name, items, paths, jobs, dnsmos)
            print(f"{name}: {set_name}, {len(items)} files", file=sys.stderr)
    return evaluation


def tables_text(evaluation, others):
    """All tables as Markdown: a set after the other, each with the noisy row, other systems and paired differences."""
    text = []
    for name, count, tables in tables_of(evaluation, others):
        text.append(f"### {name} ({count} files)\n")
        for caption, heading, lines in tables:
            text += [f"{caption}\n", markdown(heading, lines)] if caption else [markdown(heading, lines)]
    return "\n".join(text)


def parts_around(path, begin="<!-- scores -->", end="<!-- /scores -->"):
    """What of a page lies before and behind two marks, these included."""
    page = Path(path).read_text(encoding="utf-8")
    if begin not in page or end not in page:
        raise ValueError(f"{path}: no {begin} … {end}")
    return page.split(begin)[0] + begin, end + page.split(end)[1]


def replace_between(path, text):
    """Puts a text between the marks of a page, so that numbers can be renewed without touching words."""
    head, tail = parts_around(path)
    Path(path).write_text(f"{head}\n{text}\n{tail}", encoding="utf-8")


def named_folder(text):
    name, _, folder = text.partition("=")
    if not folder:
        raise argparse.ArgumentTypeError(f"{text}: NAME=FOLDER or NAME=SCORES.csv is expected")
    return name, folder


def is_scores(path):
    """Whether a system is given as the CSV of an earlier run: nothing is computed again then."""
    return Path(path).suffix == ".csv"


def check_outputs(options):
    """Not after an hour of scoring: the first thing that would keep results from being written, or None."""
    for path in (options.csv, options.json, options.html):
        if path and not Path(path).absolute().parent.is_dir():
            return f"{path}: there is no such folder"
    if options.html and options.enhanced and is_scores(options.enhanced):
        return "--html needs the files, not their scores alone"
    if options.html and importlib.util.find_spec("matplotlib") is None:
        return "--html draws with the Python package matplotlib, which is not installed"
    if options.table:
        try:
            parts_around(options.table)
        except (OSError, ValueError) as error:
            return str(error)
    return None


def check_names(options):
    """Which two rows of a table would be called the same, or None."""
    names = ["noisy", options.name, *(name for name, _ in options.compare)]
    twice = [name for name in names if names.count(name) > 1]
    return f"two rows would be called {twice[0]}; --name and --compare give others" if twice else None


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--limpid", help="path of the limpid program: what people run, so what is scored by default")
    parser.add_argument("--model", help="model file or name for --limpid; alone: a model file, run by PyTorch")
    parser.add_argument("--enhanced", help="folder of finished output files instead, FOLDER/SET/NAME, or the CSV of an earlier run")
    parser.add_argument("--name", default="limpid", help="what the tables call it")
    parser.add_argument("--compare", metavar="NAME=FOLDER", type=named_folder, nargs="+", default=[],
                        help="outputs of other systems, FOLDER/SET/NAME or FOLDER/**/NAME, or the CSV of an earlier run")
    parser.add_argument("--sets", nargs="+", default=list(ALL), metavar="SET",
                        help=f"{', '.join(ALL)}, or your own: CORPUS/eval/SET/noisy and clean, or CORPUS/eval/SET without clean files")
    parser.add_argument("--every", type=int, default=1, help="only every n-th file, as many of each SNR as can be: a quick look")
    parser.add_argument("--outputs", help="keep the outputs here, for a later --compare")
    parser.add_argument("--dnsmos", metavar="sig_bak_ovr.onnx", help="Microsoft's P.835 model; needs onnxruntime")
    parser.add_argument("--csv", help="per-file scores")
    parser.add_argument("--json", help="means, for the model card (export.py --scores)")
    parser.add_argument("--html", metavar="PAGE.html",
                        help="all tables, and spectrograms of the ten files that gained least and of ten of `real`")
    parser.add_argument("--table", metavar="PAGE.md", help="renew the tables between the marks of this page")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args(arguments)
    if not (options.model or options.limpid or options.enhanced):
        parser.error("one of --limpid, --model, --enhanced is needed")
    if options.limpid:  # what it makes is what is asked for
        options.enhanced = None
    if options.enhanced and (options.model or options.outputs):
        parser.error("--enhanced is finished: --model and --outputs are for what is made here")
    problem = check_names(options) or check_outputs(options)
    if problem:
        parser.error(problem)
    return options


def system_of(options):
    return Program(options.limpid, options.model, options.jobs) if options.limpid else Network(options.model)


def main(arguments=None):
    options = parse(arguments)
    for package in ("pesq", "pystoi"):
        if importlib.util.find_spec(package) is None:
            print(f"the Python package {package} is not installed: its scores are left out", file=sys.stderr)
    dnsmos = None
    if options.dnsmos:
        from .dnsmos import Dnsmos
        dnsmos = Dnsmos(options.dnsmos)
    with tempfile.TemporaryDirectory() as scratch:
        items = {name: items_of(options.corpus, name, Path(scratch) / "inputs", options.every) for name in options.sets}

        def evaluated(name, finished, outputs):
            """`finished`: what there is of a system already; without it, the one of the options."""
            if finished and is_scores(finished):
                evaluation = Evaluation.scored(name, finished, items)
            else:
                evaluation = run(Folder(finished) if finished else system_of(options), name, items, outputs, options.jobs, dnsmos)
            if not evaluation.rows:
                raise ValueError(f"{name}: {finished or options.model} has nothing of {', '.join(items)}")
            return evaluation

        evaluation = evaluated(options.name, options.enhanced, options.outputs or Path(scratch) / "outputs")
        others = [evaluated(name, path, Path(scratch) / "none") for name, path in options.compare]
        text = tables_text(evaluation, others)
        print(text)
        if options.json:
            means = {name: rounded(means) for name, means in evaluation.summary().items()}
            summary = {**means, "extremes": extremes(evaluation.rows)}
            Path(options.json).write_text(json.dumps(summary, indent=2), encoding="utf-8")
        if options.csv:
            write_csv(options.csv, evaluation.rows)
        if options.html:
            from .page import write_page
            write_page(Path(options.html), evaluation, others)
        if options.table:
            replace_between(options.table, text)


if __name__ == "__main__":
    main()
