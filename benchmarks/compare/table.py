# SPDX-License-Identifier: MIT
"""The table: rows to CSV as they come, Markdown and SVG at the end."""
import csv
import html
import math
import pathlib

HEADER = ["job", "shape", "threads", "peer", "ours ms", "peer ms", "ratio", "our evaluations", "peer's evaluations",
          "of FMA peak", "of GEMM", "of bandwidth", "bar", "met", "note"]


def number(x):
    return "" if x is None else f"{x:.3g}" if abs(x) < 1000 else f"{x:.0f}"


def share(x):
    return "" if x is None else f"{100 * x:.0f} %"


class Table:
    def __init__(self, folder):
        self.folder, self.rows = folder, []
        folder.mkdir(parents=True, exist_ok=True)
        self.file = open(folder / "compare.csv", "w", newline="")
        self.writer = csv.writer(self.file)
        self._write(HEADER)

    def _write(self, row):
        self.writer.writerow(row)
        self.file.flush()

    def add(self, **cells):
        row = [str(cells.get(name, "")) for name in HEADER]
        self.rows.append(row)
        self._write(row)
        print(" | ".join(cell for cell in row if cell), flush=True)

    def markdown(self, apart):
        """Table, what is reported apart from it, and the rules, in one file."""
        line = lambda cells: "| " + " | ".join(cells) + " |"
        rules = (pathlib.Path(__file__).parent / "rules.md").read_text()
        parts = ["# cytode beside its peers\n", line(HEADER), line(["---"] * len(HEADER)), *map(line, self.rows),
                 "\n## Apart from the times\n", *(f"- {text}" for text in apart), "", rules]
        (self.folder / "compare.md").write_text("\n".join(parts))

    def svg(self):
        """Ratios to peers as bars on a logarithmic axis; the line is parity, the tick the bar to clear."""
        at = {name: k for k, name in enumerate(HEADER)}
        rows = [r for r in self.rows if r[at["peer ms"]] and r[at["ratio"]]]
        left, wide, high = 470, 420, 18
        top = max([float(r[at["ratio"]]) for r in rows] + [10])
        low = min([float(r[at["ratio"]]) for r in rows] + [1])
        place = lambda x: left + wide * math.log(x / low) / math.log(top / low)
        out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + wide + 70}" height="{high * (len(rows) + 2)}" '
               'font-family="sans-serif" font-size="11">', '<rect width="100%" height="100%" fill="white"/>',
               f'<text x="{left}" y="13">times faster than the peer (logarithmic; dark tick: the bar)</text>']
        for k, row in enumerate(rows):
            y, ratio = high * (k + 1) + 4, float(row[at["ratio"]])
            label = html.escape(f"{row[0]}, {row[1]}: {row[at['peer']]}")
            a, b = sorted((place(1), place(ratio)))
            fill = "#D55E00" if row[at["met"]] == "missed" else "#0072B2"
            out.append(f'<text x="{left - 6}" y="{y + 11}" text-anchor="end">{label}</text>'
                       f'<rect x="{a:.1f}" y="{y + 2}" width="{max(b - a, 1):.1f}" height="{high - 6}" fill="{fill}"/>')
            tick = b
            if row[at["bar"]].endswith("×"):
                tick = place(max(low, min(top, float(row[at["bar"]].split()[0]))))
                out.append(f'<path d="M{tick:.1f} {y}v{high - 2}" stroke="black" stroke-width="2"/>')
            text = f"{ratio:.0f}" if ratio >= 1000 else f"{ratio:.3g}"
            out.append(f'<text x="{max(b, tick) + 5:.1f}" y="{y + 11}">{text}</text>')
        out.append(f'<path d="M{place(1):.1f} {high}V{high * (len(rows) + 1) + 4}" stroke="#888"/></svg>')
        (self.folder / "compare.svg").write_text("\n".join(out))
