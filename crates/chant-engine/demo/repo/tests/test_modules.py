"""Counters and sessions, used by one program at a time."""

import tempfile
import unittest
from pathlib import Path

from storage import Counter, SessionLog, Store


class CounterTest(unittest.TestCase):
    def test_counts_on_where_another_program_stopped(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "store.json"
            self.assertEqual(Counter(Store(path), "visits").increment(), 1)
            self.assertEqual(Counter(Store(path), "visits").increment(by=4), 5)
            self.assertEqual(Counter(Store(path), "visits").value, 5)


class SessionLogTest(unittest.TestCase):
    def test_old_sessions_are_forgotten(self):
        with tempfile.TemporaryDirectory() as folder:
            now = [1000]
            log = SessionLog(Path(folder) / "sessions", clock=lambda: now[0])
            log.touch("old one")
            now[0] = 1500
            log.touch("new")
            self.assertEqual(log.expire(older_than=100), 1)
            self.assertIsNone(log.last_seen("old one"))
            self.assertEqual(log.last_seen("new"), 1500)


if __name__ == "__main__":
    unittest.main()
