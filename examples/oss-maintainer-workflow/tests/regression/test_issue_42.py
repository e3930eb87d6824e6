"""Issue 42: of two updates by two processes, one is lost.

While this process is inside its own update, between reading and writing, another process makes an update too. The order
is forced: nothing here waits for luck. A store that lets only one in at a time keeps the other waiting; then this process
goes on after PATIENCE seconds.
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import tests
from storage import Store

PATIENCE = 1

OTHER = """
import sys
from storage import Store

print("ready", flush=True)
Store(sys.argv[1]).update(sys.argv[2], lambda old: {**(old or {}), "phone": "new"})
"""


class Issue42Test(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "profiles.json"

    def test_two_processes_update_one_profile(self):
        store = Store(self.path)
        store.set("user:7", {"email": "old", "phone": "old"})

        store.update("user:7", lambda old: {**old, "email": self.meanwhile("user:7")})

        self.assertEqual(self.other.wait(timeout=60), 0, "the other process failed: not issue 42")
        profile = store.get("user:7")
        if profile != {"email": "new", "phone": "new"}:
            self.fail(f"lost update (issue 42): both updates returned, the file holds {profile}")

    def meanwhile(self, key):
        """Lets another process update `key` now, if the store lets it in."""
        self.other = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(self.path), key],
            env={**os.environ, "PYTHONPATH": tests.SOURCE},
            stdout=subprocess.PIPE,
        )
        self.addCleanup(self.other.stdout.close)
        self.other.stdout.readline()
        try:
            self.other.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            pass
        return "new"


if __name__ == "__main__":
    unittest.main()
