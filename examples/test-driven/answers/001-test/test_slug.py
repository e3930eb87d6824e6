"""What a slug is."""

import unittest

from slug import slug


class SlugTest(unittest.TestCase):
    def test_words_are_joined_and_lowered(self):
        self.assertEqual(slug("Hello, New World"), "hello-new-world")


if __name__ == "__main__":
    unittest.main()
