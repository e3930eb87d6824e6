"""The edges of the lock; that no update is lost is for tests/regression/test_issue_42.py to show."""

import tempfile
import unittest
from pathlib import Path

import tests  # noqa: F401  (finds the package)
from storage import Store


class LockingTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.store = Store(Path(folder.name) / "store.json")

    def test_a_change_that_fails_frees_the_lock(self):
        with self.assertRaises(ZeroDivisionError):
            self.store.update("a", lambda _: 1 / 0)
        self.store.set("a", 1)
        self.assertEqual(self.store.get("a"), 1)

    def test_reading_during_a_change_finds_the_old_value(self):
        self.store.set("a", 1)
        self.store.update("a", lambda old: old + self.store.get("a"))
        self.assertEqual(self.store.get("a"), 2)


if __name__ == "__main__":
    unittest.main()
