"""What one program can rely on when it is alone with the file."""

import tempfile
import unittest
from pathlib import Path

from storage import Store


class StoreTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "data" / "store.json"
        self.store = Store(self.path)

    def test_a_new_store_is_empty(self):
        self.assertIsNone(self.store.get("user:7"))
        self.assertEqual(self.store.get("user:7", "nobody"), "nobody")
        self.assertEqual(self.store.keys(), [])

    def test_what_was_set_is_there_for_another_program(self):
        self.store.set("user:7", {"name": "Mina"})
        self.assertEqual(Store(self.path).get("user:7"), {"name": "Mina"})

    def test_keys_are_sorted(self):
        for key in ("b", "a", "c"):
            self.store.set(key, 1)
        self.assertEqual(self.store.keys(), ["a", "b", "c"])

    def test_update_sees_the_old_value_and_returns_the_new(self):
        self.store.set("tags", ["red"])
        self.assertEqual(self.store.update("tags", lambda tags: tags + ["blue"]), ["red", "blue"])
        self.assertEqual(self.store.get("tags"), ["red", "blue"])

    def test_update_of_a_new_key_begins_with_the_default(self):
        self.assertEqual(self.store.update("n", lambda n: n + 1, default=0), 1)

    def test_an_update_that_fails_changes_nothing(self):
        self.store.set("n", 1)
        with self.assertRaises(ZeroDivisionError):
            self.store.update("n", lambda n: n / 0)
        self.assertEqual(self.store.get("n"), 1)

    def test_delete_says_whether_the_key_was_there(self):
        self.store.set("a", 1)
        self.assertTrue(self.store.delete("a"))
        self.assertFalse(self.store.delete("a"))
        self.assertEqual(self.store.keys(), [])


if __name__ == "__main__":
    unittest.main()
