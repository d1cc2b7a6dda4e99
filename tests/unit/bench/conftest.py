"""The benchmarks are scripts beside each other: their folder goes on the path, as Python puts it when they are run."""

import sys

from warehouse.settings import PROJECT_ROOT

sys.path.insert(0, str(PROJECT_ROOT / "bench"))
