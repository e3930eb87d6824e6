"""Keys and values in a JSON file, which several programs may use.

A change that returned is in the file.
"""

import json
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
        values = self._read()
        values[key] = value
        self._write(values)

    def update(self, key, change):
        """Makes `change(old value)` the value of `key`."""
        values = self._read()
        values[key] = change(values.get(key))
        self._write(values)

    def _read(self):
        if not self.path.exists():
            return {}
        return json.loads(self.path.read_text(encoding="utf-8"))

    def _write(self, values):
        self.path.write_text(json.dumps(values, indent=2, sort_keys=True), encoding="utf-8")
