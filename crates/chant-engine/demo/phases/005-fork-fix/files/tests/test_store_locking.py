"""What programs can rely on when they use one store at the same time.

That no update is lost is proved by tests/regression/test_issue_42.py; here are the edges of the lock.
"""

import os
import tempfile
import threading
import unittest
from pathlib import Path

from storage import Store


class StoreLockingTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "store.json"
        self.store = Store(self.path)

    def test_threads_with_stores_of_their_own_lose_nothing(self):
        def work(name):
            for number in range(25):
                Store(self.path).set(f"{name}-{number}", number)
                Store(self.path).update("total", lambda total: total + 1, default=0)

        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.store.get("total"), 100)
        self.assertEqual(len(self.store.keys()), 101)

    def test_a_failed_change_frees_the_lock(self):
        with self.assertRaises(ZeroDivisionError):
            self.store.update("n", lambda n: n / 0, default=1)
        self.store.set("n", 2)
        self.assertEqual(self.store.get("n"), 2)

    def test_a_change_inside_a_change_is_refused_instead_of_waiting_for_itself(self):
        def change(_):
            Store(self.path).set("other", 1)

        with self.assertRaisesRegex(RuntimeError, "inside its own update"):
            self.store.update("n", change)
        self.assertEqual(self.store.keys(), [])

    def test_one_store_may_be_changed_inside_the_change_of_another(self):
        other = Store(self.folder / "other.json")
        self.store.update("n", lambda n: other.update("n", lambda m: m + 1, default=0), default=0)
        self.assertEqual((self.store.get("n"), other.get("n")), (1, 1))

    def test_reading_does_not_wait_and_sees_the_old_value(self):
        self.store.set("n", 1)
        seen = []

        def change(n):
            reader = threading.Thread(target=lambda: seen.append(Store(self.path).get("n")))
            reader.start()
            reader.join(timeout=30)
            return n + 1

        self.store.update("n", change)
        self.assertEqual((seen, self.store.get("n")), ([1], 2))

    def test_a_link_to_the_store_stays_a_link(self):
        link = self.folder / "link.json"
        link.symlink_to(self.path)
        Store(link).set("n", 1)
        self.assertTrue(link.is_symlink())
        self.assertEqual(self.store.get("n"), 1)

    def test_a_private_store_stays_private(self):
        self.store.set("n", 1)
        self.path.chmod(0o600)
        self.store.set("n", 2)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)

    def test_what_a_killed_program_left_does_no_harm(self):
        self.store.set("n", 1)
        (self.folder / "store.json.new").write_text('{"n": ', encoding="utf-8")
        self.store.set("m", 2)
        self.assertEqual(self.store.keys(), ["m", "n"])
        self.assertEqual(sorted(os.listdir(self.folder)), ["store.json", "store.json.lock"])


if __name__ == "__main__":
    unittest.main()
