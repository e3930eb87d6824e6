"""A number that only goes up."""


class Counter:
    """The number under `key` of a store."""

    def __init__(self, store, key):
        self.store = store
        self.key = key

    def increment(self):
        """Adds one, and returns the number."""
        number = self.store.get(self.key, 0) + 1
        self.store.set(self.key, number)
        return number
