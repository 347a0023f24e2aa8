"""What a run has learnt from, and under which licences: {kind: {source: licence}} with the kinds speech, noise and rooms; where
somebody has written it down, also "licence" and "licence_note" of the weights. It is what a model's card says."""
import json
from pathlib import Path

from .atomic import written_beside
from .corpus import folders_of, read_manifest

KINDS = {"speech": "speech", "noise": "noise", "rir": "rooms"}  # of a manifest: here
KNOWN = {*KINDS.values(), "licence", "licence_note"}
SIMULATED = {False: {"simulated small rooms": "made by this recipe"}, True: {"simulated rooms with arrays": "made by this recipe"}}


def of_corpora(corpus):
    """What the train split of one or several corpora comes from, as their manifests say."""
    found = {}
    for folder in folders_of(corpus):
        for row in read_manifest(folder):
            if row["kind"] in KINDS and row["split"] == "train":
                licences = found.setdefault(KINDS[row["kind"]], {}).setdefault(row["source"], set())
                licences.add(row.get("licence") or "not stated")
    return {kind: {source: "; ".join(sorted(licences)) for source, licences in of_kind.items()} for kind, of_kind in found.items()}


def merged(parts):
    """Several descriptions as one. Of a source that is named twice the licence is the later one."""
    total = {}
    for part in parts:
        for key, value in part.items():
            total[key] = {**total.get(key, {}), **value} if isinstance(value, dict) else value
    return total


def read_one(file):
    """A description that somebody has written down. What no card would tell is refused."""
    found = json.loads(Path(file).read_text(encoding="utf-8"))
    if unknown := sorted(set(found) - KNOWN):
        raise ValueError(f"{file}: nothing is known of {', '.join(unknown)}, only of {', '.join(sorted(KNOWN))}")
    return found


def read(files):
    """Several of them as one."""
    return merged(read_one(file) for file in files)


def remember(run, corpus, written_down=None):
    """Keeps beside a run what these corpora come from; earlier ones stay. What somebody has written down takes the place of
    all that."""
    path = Path(run) / "data.json"
    found = written_down or merged([*([remembered(run)] if path.exists() else []), of_corpora(corpus)])
    text = json.dumps(found, indent=2)
    with written_beside(path) as part:
        part.write_text(text, encoding="utf-8")


def add_option(parser):
    """--data, which read() takes."""
    parser.add_argument("--data", nargs="+", default=(), metavar="SOURCES.json",
                        help="{kind: {source: licence}} of what is learnt from, for the card, and the licence of the weights; "
                             "default: as the corpora's manifests say, which know no licence of the weights")


def remembered(run):
    path = Path(run) / "data.json"
    if not path.exists():
        raise ValueError(f"{path}: not there, so what this run learnt from is not known; --data says it")
    return json.loads(path.read_text(encoding="utf-8"))


def used(data, arrays):
    """What of it a network learns from, with the rooms that the recipe makes: networks for `arrays` hear these alone."""
    rooms = SIMULATED[arrays] if arrays else {**data.get("rooms", {}), **SIMULATED[arrays]}
    return {"speech": data.get("speech", {}), "noise": data.get("noise", {}), "rooms": rooms}
