"""The store: a dictionary that lives in a JSON file.

Several programs may use one file: nothing is kept in memory between two calls, so each call sees what the
others wrote. Changes are made one after another, under a lock; reading never waits.
"""

import fcntl
import json
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

# The files that this thread is changing. A lock does not know that it is its own owner who asks again.
_changing = threading.local()


class Store:
    """A key-value store in the file at `path`."""

    def __init__(self, path):
        self.path = Path(path)

    def get(self, key, default=None):
        """Returns the value of `key`, or `default` where there is none."""
        return self._read().get(key, default)

    def keys(self):
        """Returns all keys, sorted."""
        return sorted(self._read())

    def set(self, key, value):
        """Makes `value` the value of `key`."""
        with self._locked():
            data = self._read()
            data[key] = value
            self._write(data)

    def update(self, key, change, default=None):
        """Replaces the value of `key` with `change(value)`, and returns the new value.

        Others wait while `change` runs, so it should be quick; it must not change the same store.
        """
        with self._locked():
            data = self._read()
            data[key] = change(data.get(key, default))
            self._write(data)
            return data[key]

    def delete(self, key):
        """Removes `key`; says whether it was there."""
        with self._locked():
            data = self._read()
            found = key in data
            data.pop(key, None)
            self._write(data)
            return found

    @contextmanager
    def _locked(self):
        """Keeps every other thread and program from changing the file between our reading and our writing."""
        path = os.path.realpath(self.path)
        held = _changing.__dict__.setdefault("paths", set())
        if path in held:
            raise RuntimeError(f"{self.path} is changed inside its own update")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A file beside the store: the store's own file is another one after each `_write`. It is never removed,
        # or two programs could hold locks on two files of that name. The system frees it when we end, however.
        with open(f"{path}.lock", "a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            held.add(path)
            try:
                yield
            finally:
                held.remove(path)

    def _read(self):
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}

    def _write(self, data):
        # Readers take no lock, so they must find the old file or the new one, never half of it. Under the lock
        # the name cannot be in use; what a killed program left there is overwritten.
        path = os.path.realpath(self.path)
        text = json.dumps(data, indent=2, sort_keys=True)
        with open(f"{path}.new", "w", encoding="utf-8") as new:
            if os.path.exists(path):
                shutil.copymode(path, new.name)  # a store that was made private stays private
            new.write(text + "\n")
        os.replace(new.name, path)
