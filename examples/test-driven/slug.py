"""Names for addresses."""


def slug(title):
    """The title as a part of an address."""
    return title
