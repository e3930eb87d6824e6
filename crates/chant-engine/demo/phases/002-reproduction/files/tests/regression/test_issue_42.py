"""Issue #42: of two updates of one profile, one disappears.

What happens    Two processes call `Store.update` for one key. Both have read the old value before either writes.
                Both calls return, and the file holds only the change that was written last.
What should     "A change that returned is in the file" (README.md): both changes are there.
How             The function given to `update` runs after the store has read and before it writes. The first worker
                is held there until the second has read as well, so the order is forced, never hit by luck. A store
                that keeps the second worker out makes the test wait PATIENCE seconds, and then go on.
Seen on         Linux 6, Python 3.11.7, ext4 and tmpfs: 20 failures in 20 runs.
Alone           python3 -m unittest tests.regression.test_issue_42
"""

import os
import select
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from storage import Store
from tests import SOURCE

PATIENCE = 0.5

WORKER = """
import sys
from storage import Store

path, field = sys.argv[1:]

def change(profile):
    print("inside", flush=True)
    sys.stdin.readline()
    return {**profile, field: "new"}

print("ready", flush=True)
Store(path).update("user:7", change)
"""


class Issue42Test(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "profiles.json"

    def test_two_workers_update_one_profile(self):
        Store(self.path).set("user:7", {"email": "old", "phone": "old"})

        first = self.worker("email")
        self.hear(first, "ready")
        self.hear(first, "inside")
        second = self.worker("phone")
        self.hear(second, "ready")
        select.select([second.stdout], [], [], PATIENCE)

        for worker in (first, second):
            worker.communicate(b"go on\n", timeout=30)
            self.assertEqual(worker.returncode, 0, "a worker failed; that is not issue #42")

        profile = Store(self.path).get("user:7")
        lost = [field for field in ("email", "phone") if profile[field] != "new"]
        if lost:
            self.fail(f"lost update (issue #42): both calls returned, but the file holds {profile}")

    def worker(self, field):
        """Starts a process that changes `field`, and stops in the middle until it is told to go on."""
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(self.path), field],
            env={**os.environ, "PYTHONPATH": SOURCE},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self.addCleanup(worker.wait)
        self.addCleanup(worker.stdout.close)
        self.addCleanup(worker.stdin.close)
        self.addCleanup(worker.kill)
        return worker

    def hear(self, worker, word):
        """Waits until the worker says `word`; its end would be heard as well."""
        self.assertEqual(worker.stdout.readline().decode().strip(), word)


if __name__ == "__main__":
    unittest.main()
