"""The tests import the package from `src`, whatever is installed."""

import sys
from pathlib import Path

SOURCE = str(Path(__file__).resolve().parent.parent / "src")
sys.path.insert(0, SOURCE)
