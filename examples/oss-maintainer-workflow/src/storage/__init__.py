"""A small key-value store in one JSON file."""

from .counter import Counter
from .recent import Recent
from .store import Store

__all__ = ["Counter", "Recent", "Store"]
