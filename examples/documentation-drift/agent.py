"""A stand-in for a coding agent, so that the example needs no model: writes the page from the functions' docstrings."""

import ast
import os
from pathlib import Path

module = ast.parse(Path("src/units.py").read_text(encoding="utf-8"))
functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
rows = [f"| `{node.name}` | {ast.get_docstring(node)} |\n" for node in functions]
page = "# Units\n\n| function | gives |\n|---|---|\n" + "".join(rows)
Path("docs").mkdir(exist_ok=True)
Path("docs/units.md").write_text(page, encoding="utf-8")

spec = Path(os.environ["CHANT_SPEC_FILE"])
spec.write_text(spec.read_text(encoding="utf-8").replace("- [ ]", "- [x]"), encoding="utf-8")
