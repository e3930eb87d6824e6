"""A stand-in for a coding agent, so that the example needs no model: looks at the measurements, and writes what it found."""

import csv
import os
from pathlib import Path

rows = [row for file in sorted(Path("data").glob("*.csv")) for row in csv.DictReader(file.open(encoding="utf-8"))]
slow = [row for row in rows if float(row["milliseconds"]) > 200]
pages = sorted({row["page"] for row in slow})
report = (
    f"# Slow answers\n\n## Findings\n\n{len(slow)} of {len(rows)} answers took more than 200 ms. Pages: {', '.join(pages)}.\n\n"
    "## Method\n\nEvery row of `data/*.csv`, counted by `agent.py`.\n"
)
Path(".chant/research").mkdir(exist_ok=True)
Path(".chant/research/slow-answers.md").write_text(report, encoding="utf-8")

spec = Path(os.environ["CHANT_SPEC_FILE"])
spec.write_text(spec.read_text(encoding="utf-8").replace("- [ ]", "- [x]"), encoding="utf-8")
