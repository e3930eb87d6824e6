"""The store: a dictionary that lives in a JSON file.

Several programs may use one file: nothing is kept in memory between two calls, so each call sees what the
others wrote.
"""

import json
from pathlib import Path


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
        data = self._read()
        data[key] = value
        self._write(data)

    def update(self, key, change, default=None):
        """Replaces the value of `key` with `change(value)`, and returns the new value."""
        data = self._read()
        data[key] = change(data.get(key, default))
        self._write(data)
        return data[key]

    def delete(self, key):
        """Removes `key`; says whether it was there."""
        data = self._read()
        found = key in data
        data.pop(key, None)
        self._write(data)
        return found

    def _read(self):
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}

    def _write(self, data):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(data, indent=2, sort_keys=True)
        self.path.write_text(text + "\n", encoding="utf-8")
