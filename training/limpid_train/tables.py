"""Tables of scores: CSV of every file, JSON for the model card, Markdown for people and pages."""
import csv

import numpy as np

from .bootstrap import paired
from .scores import mean_rows

# Measure: (heading, digits, better when: 1 more, -1 less, 0 nearer to nothing).
MEASURES = {
    "si_sdr": ("SI-SDR dB", 2, 1), "si_sdr_50": ("above 50 Hz", 2, 1), "pesq_wb": ("WB-PESQ", 3, 1),
    "pesq_nb": ("NB-PESQ", 3, 1),
    "stoi": ("STOI", 3, 1), "estoi": ("ESTOI", 3, 1),
    "level_change_db": ("speech level dB", 2, 0), "pause_reduction_db": ("pauses lower by dB", 1, 1),
    "highs_change_db": ("highs level dB", 2, 0), "highs_reduction_db": ("highs' noise lower by dB", 1, 1),
    "dnsmos_sig": ("DNSMOS SIG", 2, 1), "dnsmos_bak": ("BAK", 2, 1), "dnsmos_ovr": ("OVRL", 2, 1),
    "quiet_db": ("quietest tenth dBFS", 1, -1), "level_drop_db": ("whole file lower by dB", 1, 1),
    "seconds_to_30db": ("s to 30 dB", 2, -1), "reached_30db": ("share reaching 30 dB", 2, 1),
    "reduction_within_1s_db": ("lower in 1st s by dB", 1, 1), "reduction_at_1s_db": ("at 1 s", 1, 1),
    "reduction_after_1s_db": ("after it", 1, 1), "floor_modulation_db": ("floor 4–16 Hz dB", 2, -1),
    "peak": ("peak", 6, -1),
    "speech_kept_db": ("speech kept dB", 2, 1), "word_ends_kept_db": ("word ends kept dB", 2, 1),
    "reduction_under_speech_db": ("noise under speech lower by dB", 1, 1), "breathing_db": ("breathing dB", 1, 0),
    "loudest_pause_db": ("loudest pause dB", 1, -1), "isolated_peaks": ("isolated peaks /s", 1, -1)}


def summarise(rows):
    """Means of a set's rows under the names of the columns."""
    means = mean_rows([{name: value for name, value in row.items() if name != "file"} for row in rows])
    times = [row["seconds_to_30db"] for row in rows if "seconds_to_30db" in row]
    if times:
        means["reached_30db"] = float(np.isfinite(times).mean())
    return means


def rounded(means, digits=3):
    """What a model card says of a set: tables round the means themselves, once."""
    return {name: round(value, digits) for name, value in means.items()}


def extremes(rows):
    """What the card says of signals that should pass untouched or go altogether."""
    found = {}
    for name, key, label in (("clean-in", "si_sdr", "clean_in_si_sdr"),
                             ("noise-only", "reduction_after_1s_db", "noise_only_attenuation")):
        values = [row[key] for row in rows.get(name, ()) if np.isfinite(row[key])]
        if values:
            unit = "_db" if name == "noise-only" else ""
            found[label + unit] = round(float(np.mean(values)), 2)
            found[f"{label}_worst{unit}"] = round(float(np.min(values)), 2)
    if rows.get("silence"):
        found["silence_peak"] = max(row["peak"] for row in rows["silence"] if row["file"] == "digital_silence")
    return found


def number(value, digits):
    return "" if value is None or not np.isfinite(value) else f"{value:.{digits}f}".replace("-", "−")


def set_table(summaries):
    """Headings and text rows of one set for {system: means}; the noisy row comes from the first system."""
    first = next(iter(summaries.values()))
    columns = [name for name in MEASURES if any(name in means for means in summaries.values())]
    noisy = {name: first.get(f"noisy_{name}") for name in columns}
    body = {"noisy": noisy} if any(value is not None for value in noisy.values()) else {}
    body.update({name: {column: means.get(column) for column in columns} for name, means in summaries.items()})
    return ["", *(MEASURES[name][0] for name in columns)], [
        [label, *(number(values[name], MEASURES[name][1]) for name in columns)] for label, values in body.items()]


def comparison(rows, others):
    """Rows of (measure, difference, low, high, count, verdict) of one set: this system minus another."""
    lines = []
    for name, (label, digits, better) in MEASURES.items():
        if not any(name in row for row in rows) or not any(name in row for row in others):
            continue
        pairs = [[{**row, name: abs(row.get(name, np.nan))} for row in part] if better == 0 else part for part in (rows, others)]
        mean, low, high, count = paired(*pairs, name)
        label = f"|{label}|" if better == 0 else label
        sign = better or -1
        verdict = "?" if not low <= high else "no clear difference" if low <= 0 <= high else "better" if mean * sign > 0 else "worse"
        lines.append([label, number(mean, digits), f"{number(low, digits)} … {number(high, digits)}", str(count), verdict])
    return ["", "difference", "95 % interval", "files", ""], lines


def tables_of(evaluation, others):
    """Of every set its name, its number of files, and its tables (caption, heading, lines): the means of all systems, then the
    paired differences to each other system. Means over another number of files than that say so."""
    summaries = {system: system.summary() for system in (evaluation, *others)}
    for name, rows in evaluation.rows.items():
        counts = {system: len(system.rows[name]) for system in summaries if name in system.rows}
        means = set_table({system.name if count == len(rows) else f"{system.name} ({count} files)": summaries[system][name]
                           for system, count in counts.items()})
        differences = [(f"{evaluation.name} − {other.name}", *comparison(rows, other.rows[name]))
                       for other in others if name in other.rows]
        yield name, len(rows), [("", *means), *differences]


def markdown(heading, lines):
    """A table in Markdown."""
    width = len(heading)
    parts = [heading, ["---"] * width, *lines]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in parts) + "\n"


def write_csv(path, rows):
    """Every file of every set of {set: rows}, one column a measure."""
    columns = list(dict.fromkeys(name for part in rows.values() for row in part for name in row))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["set", *columns], restval="")
        writer.writeheader()
        writer.writerows({"set": name, **row} for name, part in rows.items() for row in part)


def read_csv(path):
    """{set: rows} as write_csv wrote them. Older files name recordings with their suffixes."""
    rows = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if not row.get("set") or not row.get("file"):
                raise ValueError(f"{path}: not the per-file scores that --csv writes")
            values = {name: float(value) for name, value in row.items() if name not in ("set", "file") and value}
            name = row["file"].removesuffix(".flac").removesuffix(".wav")
            rows.setdefault(row["set"], []).append({"file": name, **values})
    return rows
