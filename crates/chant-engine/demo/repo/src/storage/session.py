"""Who is signed in, and when they were last seen.

Kept in a file of its own, a line each, because it is read far more often than the store.
"""

import time
from pathlib import Path


class SessionLog:
    """The sessions in the file at `path`: a line `session time` each."""

    def __init__(self, path, clock=time.time):
        self.path = Path(path)
        self.clock = clock

    def touch(self, session):
        """Notes that `session` was seen now."""
        seen = self._load()
        seen[session] = int(self.clock())
        self._save(seen)

    def last_seen(self, session):
        """When `session` was last seen, in seconds since 1970, or None."""
        return self._load().get(session)

    def expire(self, older_than):
        """Forgets sessions not seen for `older_than` seconds; says how many."""
        seen = self._load()
        kept = {session: at for session, at in seen.items() if at >= self.clock() - older_than}
        self._save(kept)
        return len(seen) - len(kept)

    def _load(self):
        if not self.path.exists():
            return {}
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return {session: int(at) for session, at in (line.rsplit(" ", 1) for line in lines)}

    def _save(self, seen):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{session} {at}\n" for session, at in sorted(seen.items())]
        self.path.write_text("".join(lines), encoding="utf-8")
