"""Lengths."""


def metres(feet):
    """The length in metres."""
    return feet * 0.3048
