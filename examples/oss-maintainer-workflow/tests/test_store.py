"""What one program can rely on."""

import tempfile
import unittest
from pathlib import Path

import tests  # noqa: F401  (finds the package)
from storage import Counter, Recent, Store


class StoreTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "store.json"
        self.store = Store(self.path)

    def test_what_was_set_is_there_for_others(self):
        self.store.set("a", 1)
        self.assertEqual(Store(self.path).get("a"), 1)
        self.assertIsNone(self.store.get("b"))

    def test_an_update_sees_the_old_value(self):
        self.store.set("a", 1)
        self.store.update("a", lambda old: old + 1)
        self.assertEqual(self.store.get("a"), 2)

    def test_an_update_that_fails_changes_nothing(self):
        self.store.set("a", 1)
        with self.assertRaises(ZeroDivisionError):
            self.store.update("a", lambda old: old / 0)
        self.assertEqual(self.store.get("a"), 1)

    def test_a_counter_counts(self):
        self.assertEqual([Counter(self.store, "n").increment() for _ in range(3)], [1, 2, 3])

    def test_recent_keeps_the_newest_first(self):
        for name in ("x", "y", "x"):
            Recent(self.store, "r").add(name)
        self.assertEqual(self.store.get("r"), ["x", "y"])


if __name__ == "__main__":
    unittest.main()
