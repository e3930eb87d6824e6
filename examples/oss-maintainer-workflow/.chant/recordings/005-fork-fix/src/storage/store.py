"""Keys and values in a JSON file, which several programs may use.

A change that returned is in the file. Changes are made one after another, under a lock.
"""

import fcntl
import json
import os
from contextlib import contextmanager
from pathlib import Path


class Store:
    """The store in the file at `path`; a file that is not there is an empty store."""

    def __init__(self, path):
        self.path = Path(path)

    def get(self, key, default=None):
        """The value of `key`."""
        return self._read().get(key, default)

    def set(self, key, value):
        """Makes `value` the value of `key`."""
        with self._alone():
            values = self._read()
            values[key] = value
            self._write(values)

    def update(self, key, change):
        """Makes `change(old value)` the value of `key`. Others wait while `change` runs."""
        with self._alone():
            values = self._read()
            values[key] = change(values.get(key))
            self._write(values)

    @contextmanager
    def _alone(self):
        """Keeps every other change out between our reading and our writing.

        The lock is on a file beside the store, because the store's own file is replaced. The system frees it, however we end.
        """
        with open(f"{self.path}.lock", "a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self):
        if not self.path.exists():
            return {}
        return json.loads(self.path.read_text(encoding="utf-8"))

    def _write(self, values):
        # Reading takes no lock, so it must find the old file or the new one, never half of it.
        new = Path(f"{self.path}.new")
        new.write_text(json.dumps(values, indent=2, sort_keys=True), encoding="utf-8")
        os.replace(new, self.path)
