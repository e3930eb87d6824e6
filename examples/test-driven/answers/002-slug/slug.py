"""Names for addresses."""

import re


def slug(title):
    """The title as a part of an address: its words in lower case, joined by dashes."""
    return "-".join(re.findall(r"[a-z0-9]+", title.lower()))
