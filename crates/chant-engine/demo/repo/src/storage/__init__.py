"""A key-value store in one JSON file."""

from .counter import Counter
from .session import SessionLog
from .store import Store

__all__ = ["Counter", "SessionLog", "Store"]
