"""The evaluation as one HTML file that needs nothing else: all tables, then spectrograms of the files to look at: those that
gained least, and recordings that nobody has a clean version of."""
import base64
import html
import io

import numpy as np

from .sets import MADE, read_audio
from .tables import number, tables_of

WINDOW = 0.032                                            # s, Hann
SIZE = (150, 640)                                         # of a picture at most: rows, columns
RANGE = (-100, -20)                                       # dB below a full-scale sine from black to white
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:1400px;margin:2em auto;padding:0 1em;color:#1b2330}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;margin:1em 0}
td,th{padding:4px 9px;border-bottom:1px solid #e4e7ec;text-align:right;font-weight:400}td:first-child{text-align:left}
th{color:#667085}.scroll{overflow-x:auto}.side{display:flex;gap:12px;flex-wrap:wrap}figure{margin:0}
figcaption{color:#667085;font-size:13px}h3{margin-bottom:.2em;overflow-wrap:anywhere}img{display:block;max-width:100%}"""


def spectrogram(audio, rate):
    """[row, column] in dB, low frequencies first, 0 dB a full-scale sine; powers are averaged down to SIZE."""
    window = np.hanning(round(WINDOW * rate) + 1)[:-1]
    padded = np.pad(audio, len(window) // 2)
    hop = max(1, min(len(window) // 4, len(audio) // SIZE[1]))
    frames = np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop] * (2 * window / window.sum())
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    for axis, most in ((0, SIZE[1]), (1, SIZE[0])):
        count = power.shape[axis]
        edges = np.unique(np.linspace(0, count, min(most, count) + 1).astype(int))
        sizes = np.diff(edges).reshape((-1, 1) if axis == 0 else (1, -1))
        power = np.add.reduceat(power, edges[:-1], axis=axis) / sizes
    return 10 * np.log10(power.T + 1e-15)


def picture(path):
    """A spectrogram as the source of an <img>."""
    from matplotlib import image
    buffer = io.BytesIO()
    image.imsave(buffer, spectrogram(*read_audio(path)), cmap="magma", vmin=RANGE[0], vmax=RANGE[1], origin="lower",
                 format="png")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def table(heading, lines):
    """The cells that tables.markdown would join."""
    rows = [f"<tr>{''.join(f'<th>{html.escape(cell)}</th>' for cell in heading)}</tr>"]
    rows += [f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in line)}</tr>" for line in lines]
    return f"<div class='scroll'><table>{''.join(rows)}</table></div>"


def figures(title, facts, paths):
    """One file: {caption: path} side by side."""
    sides = "".join(f"<figure><img src='{picture(path)}' alt=''><figcaption>{html.escape(caption)}</figcaption></figure>"
                    for caption, path in paths.items() if path)
    return f"<h3>{html.escape(title)}</h3><div>{html.escape(facts)}</div><div class='side'>{sides}</div>"


def gained(row):
    return row["si_sdr"] - row["noisy_si_sdr"]


def worst(evaluation, count):
    """(gain in SI-SDR, set, index) of the files that gained least, the least first."""
    found = [(gained(row), name, index) for name, rows in evaluation.rows.items() if name not in MADE
             for index, row in enumerate(rows) if "si_sdr" in row]
    return sorted(found)[:count]


def sections(evaluation, count):
    """Pictures of the `count` worst files and of `count` files of `real`."""
    parts = [f"<h2>The {count} files that gained least</h2>"]
    for gain, name, index in worst(evaluation, count):
        item, row = evaluation.items[name][index], evaluation.rows[name][index]
        facts = f"SI-SDR {number(row['noisy_si_sdr'], 1)} → {number(row['si_sdr'], 1)} dB ({number(gain, 1)})"
        if "pesq_wb" in row:
            facts += f", WB-PESQ {number(row['noisy_pesq_wb'], 2)} → {number(row['pesq_wb'], 2)}"
        parts.append(figures(f"{name}/{item.name}", facts,
                             {"before": item.noisy, "after": evaluation.paths[name][index], "clean": item.clean}))
    if evaluation.rows.get("real"):
        parts.append("<h2>Recordings without a clean version</h2>")
    for item, row, path in list(zip(*(part.get("real", ()) for part in (evaluation.items, evaluation.rows,
                                                                        evaluation.paths))))[:count]:
        facts = f"quietest tenth {number(row['noisy_quiet_db'], 1)} → {number(row['quiet_db'], 1)} dBFS"
        parts.append(figures(f"real/{item.name}", facts, {"before": item.noisy, "after": path}))
    return "\n".join(parts)


def write_page(path, evaluation, others, count=10):
    """Everything that evaluate.py prints, and the pictures."""
    parts = [f"<!doctype html><meta charset='utf-8'><title>{html.escape(evaluation.name)}</title><style>{STYLE}</style>"
             f"<h1>{html.escape(evaluation.name)}</h1>"]
    for name, count_of_files, tables in tables_of(evaluation, others):
        parts.append(f"<h2>{name} ({count_of_files} files)</h2>")
        parts += [html.escape(caption) + table(heading, lines) for caption, heading, lines in tables]
    parts.append(sections(evaluation, count))
    parts.append(f"<p>Spectrograms: {1000 * WINDOW:.0f} ms windows, linear frequency up to half the sample rate, {RANGE[0]} dB "
                 f"(black) to {RANGE[1]} dB below a full-scale sine.</p>")
    path.write_text("\n".join(parts), encoding="utf-8")
