"""The things somebody used last."""

LENGTH = 5


class Recent:
    """A short list under `key` of a store, the newest first."""

    def __init__(self, store, key):
        self.store = store
        self.key = key

    def add(self, name):
        """Puts `name` first."""
        names = [other for other in self.store.get(self.key, []) if other != name]
        self.store.set(self.key, [name, *names][:LENGTH])
