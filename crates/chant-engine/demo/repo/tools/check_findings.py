"""Checks a findings document: python3 tools/check_findings.py FILE HEADING...

Every HEADING is there with text below it, and every place the document cites as `path:line` exists. Prints what is
wrong, a line each, and exits with 1; prints one line and exits with 0 if nothing is.
"""

import re
import sys
from pathlib import Path

PLACE = re.compile(r"`((?:src|tests|docs|tools)/[\w./-]+):(\d+)(?:-(\d+))?`")


def sections(text):
    """Heading to text, without the code blocks' own `#` lines."""
    found, current, fenced = {}, None, False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        if line.startswith("#") and not fenced:
            current = line.lstrip("#").strip()
            found[current] = ""
        elif current is not None:
            found[current] += line
    return found


def problems(path, headings):
    if not path.is_file():
        yield f"{path} does not exist"
        return
    text = path.read_text(encoding="utf-8")
    found = sections(text)
    for heading in headings:
        if heading not in found:
            yield f"{path}: no section {heading!r}"
        elif not found[heading].strip():
            yield f"{path}: the section {heading!r} is empty"
    places = PLACE.findall(text)
    if not places:
        yield f"{path}: cites no place in the code"
    for cited, first, last in places:
        file = Path(cited)
        lines = len(file.read_text(encoding="utf-8").splitlines()) if file.is_file() else 0
        if not 1 <= int(first) <= int(last or first) <= lines:
            yield f"{path}: {cited}:{first} does not exist"


def main():
    path, *headings = sys.argv[1:]
    wrong = list(problems(Path(path), headings))
    for problem in wrong:
        print(problem)
    if wrong:
        sys.exit(1)
    print(f"{path}: {len(headings)} sections, all cited lines exist")


if __name__ == "__main__":
    main()
