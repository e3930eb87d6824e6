"""Makes the recordings from the folders beside this file: python3 .chant/recordings/make.py [--check]

A folder holds what the recorded agent wrote in a phase, and `said.txt`, what it said meanwhile: a line each. The boxes of
the spec are ticked; `append.md` is added to it. Run this after any change to the example's files: a recording fits only
the files that it was made on. With --check nothing is written; the exit is 1 if a recording is out of date.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
AGENT = {"name": "recorded", "kind": "replay", "version": None, "model": "recorded"}


def files(folder):
    """Path to content of what git tracks in a folder: no caches, and nothing of chant's but what it writes there."""
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        if file.is_file() and not {".git", "__pycache__"} & set(path.parts):
            yield path.as_posix(), file.read_bytes()


def oid(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def base(tree):
    rows = [f"100644 {oid(content)}\t{path}\0" for path, content in sorted(tree.items())]
    return {"digest": hashlib.sha256("".join(rows).encode()).hexdigest(), "files": len(rows)}


def event(number, **fields):
    return {"at_ms": 200 * number, "event": fields}


def recording(phase, tree):
    """The recording's lines; `tree` gets what the phase wrote."""
    header = {"chant_recording": 1, "spec": phase.name, "agent": AGENT, "scope": "project", "base": base(tree)}
    lines = [{**header, "created": "2026-11-21T00:00:00Z"}, event(1, kind="model", name="recorded")]
    said = (phase / "said.txt").read_text(encoding="utf-8").splitlines()
    lines += [event(number, kind="text", text=text) for number, text in enumerate(said, 2)]
    changes = []
    for path, content in files(phase):
        if path not in ("said.txt", "append.md"):
            before = oid(tree[path]) if path in tree else None
            changes.append({"path": path, "mode": "100644", "content": content.decode(), "from": before})
            if not path.startswith(".chant/"):
                tree[path] = content
    spec = (PROJECT / f".chant/specs/{phase.name}.md").read_text(encoding="utf-8")
    extra = phase / "append.md"
    append = extra.read_text(encoding="utf-8") if extra.exists() else ""
    changes.append({"tick": re.findall(r"^- \[[ x]\] (.*)$", spec, flags=re.MULTILINE), "append": append})
    lines.append({"commit": {"message": f"chant({phase.name}): {said[-1]}\n", "changes": changes}})
    lines.append(event(len(said) + 2, kind="end", ok=True, reason="completed"))
    return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


def main():
    tree = {path: content for path, content in files(PROJECT) if not path.startswith(".chant/")}
    for phase in sorted(folder for folder in HERE.iterdir() if folder.is_dir()):
        text, file = recording(phase, tree), HERE / f"{phase.name}.jsonl"
        if sys.argv[1:] != ["--check"]:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            sys.exit(f"{file.name} is out of date: python3 .chant/recordings/make.py")


if __name__ == "__main__":
    main()
