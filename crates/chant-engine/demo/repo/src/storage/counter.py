"""Numbers that only go up: visits, jobs done, messages sent."""


class Counter:
    """A number in a store, under `key`."""

    def __init__(self, store, key):
        self.store = store
        self.key = key

    @property
    def value(self):
        """The number now; 0 for a new counter."""
        return self.store.get(self.key, 0)

    def increment(self, by=1):
        """Adds `by`, and returns the new number."""
        number = self.store.get(self.key, 0) + by
        self.store.set(self.key, number)
        return number
