"""Makes the demo's recordings: python3 make_recordings.py [--check]

Builds the repository of `repo/` in a temporary folder, works the phases of `phases/` one after another on top of it, and
writes what each did to `recordings/<phase>.jsonl`, in the format of the recordings of chant-agent. Each check of each
spec is run on the way, and has to come out as the spec says. With --check nothing is written; the exit is 1 if a recording
is not what would be written.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
AGENT = {"name": "recorded", "kind": "replay", "version": None, "model": "recorded"}
CREATED = "2026-11-21T00:00:00Z"
BOX = "- [ ] "


class Repository:
    """A git repository that no setting of this machine reaches."""

    def __init__(self, folder):
        self.folder = folder
        none = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        who = {f"GIT_{role}_{what}": "demo" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self.environment = {**kept, **none, **who}
        self.git("init", "--quiet")

    def git(self, *words):
        done = subprocess.run(["git", *words], cwd=self.folder, env=self.environment, check=True, stdout=subprocess.PIPE)
        return done.stdout

    def add(self, source):
        """Copies all files of a folder here; what is made by running Python is no part of it."""
        for file in sorted(source.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                target = self.folder / file.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.read_bytes())

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--cleanup=verbatim", "-m", message)

    def base(self):
        """The fingerprint of what HEAD holds outside of `.chant`."""
        rows = []
        for row in self.git("ls-tree", "-r", "-z", "HEAD").split(b"\0"):
            if row:
                head, path = row.split(b"\t", 1)
                mode, _, oid = head.split(b" ")
                if b".chant" not in path.split(b"/"):
                    rows.append((path, mode + b" " + oid + b"\t" + path + b"\0"))
        digest = hashlib.sha256(b"".join(row for _, row in sorted(rows)))
        return {"digest": digest.hexdigest(), "files": len(rows)}

    def changes(self, leave_out):
        """How HEAD differs from its parent, but for one path."""
        fields = self.git("diff-tree", "-r", "-z", "--no-renames", "HEAD~", "HEAD").decode().split("\0")
        for head, path in zip(fields[::2], fields[1::2]):
            _, mode, before, _, status = head.split(" ")
            if status not in "AM":
                raise SystemExit(f"{path}: the demo adds and changes files only")
            if path != leave_out:
                content = (self.folder / path).read_text(encoding="utf-8")
                yield {"path": path, "mode": mode, "content": content, "from": before if before.strip("0") else None}


def work(repository, phase):
    """Does what the agent of a phase did, and returns the recording's lines."""
    spec = f".chant/specs/{phase.name}.md"
    header = {"chant_recording": 1, "spec": phase.name, "agent": AGENT, "base": repository.base(), "created": CREATED}
    ticks = (phase / "ticks.txt").read_text(encoding="utf-8").splitlines()
    extra = phase / "append.md"
    append = extra.read_text(encoding="utf-8") if extra.exists() else ""
    message = (phase / "commit.txt").read_text(encoding="utf-8")

    repository.add(phase / "files")
    file = repository.folder / spec
    file.write_text(ticked(file.read_text(encoding="utf-8"), ticks) + append, encoding="utf-8")
    repository.commit(message)

    edit = {"tick": ticks, "append": append}
    commit = {"commit": {"message": message, "changes": [*repository.changes(spec), edit]}}
    lines = [header]
    for line in (phase / "events.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        lines.append(commit if "commit" in entry else entry)
    if lines.count(commit) != 1:
        raise SystemExit(f"{phase.name}: events.jsonl says exactly once where the commit is")
    return lines


def ticked(text, ticks):
    for tick in ticks:
        if text.count(f"{BOX}{tick}\n") != 1:
            raise SystemExit(f"no open box, or several: {tick}")
        text = text.replace(f"{BOX}{tick}\n", f"- [x] {tick}\n")
    if BOX in text:
        raise SystemExit("a box stays open")
    return text


def check(repository, phase):
    """Runs the spec's checks; stops if one does not end as the spec says."""
    text = (repository.folder / f".chant/specs/{phase.name}.md").read_text(encoding="utf-8")
    for item in re.split(r"^  - ", text.split("\n---\n")[0].split("\nverify:\n")[1], flags=re.MULTILINE)[1:]:
        keys = dict(re.findall(r"^ *(\w+): (.*)$", item, flags=re.MULTILINE))
        done = subprocess.run(
            keys["run"], shell=True, cwd=repository.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        passed = done.returncode == 0
        as_said = passed == (keys.get("expect", "pass") == "pass")
        if not as_said or not re.search(keys.get("matches", "").strip("'"), done.stdout):
            raise SystemExit(f"{phase.name}: {keys['name']}: not as the spec says\n{done.stdout}")
        print(f"{phase.name}: {keys['name']}: {'passes' if passed else 'fails'}, as it should")


def main():
    checking = sys.argv[1:] == ["--check"]
    with tempfile.TemporaryDirectory() as folder:
        repository = Repository(Path(folder))
        repository.add(HERE / "repo")
        repository.commit("kvstore 0.6\n")
        for phase in sorted((HERE / "phases").iterdir()):
            lines = work(repository, phase)
            check(repository, phase)
            text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
            recording = HERE / "recordings" / f"{phase.name}.jsonl"
            if not checking:
                recording.parent.mkdir(exist_ok=True)
                recording.write_text(text, encoding="utf-8")
            elif not recording.exists() or recording.read_text(encoding="utf-8") != text:
                raise SystemExit(f"{recording.name} is out of date: python3 make_recordings.py")


if __name__ == "__main__":
    main()
