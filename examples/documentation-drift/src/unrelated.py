"""Nothing that the page tells of."""
