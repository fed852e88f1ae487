"""What boots machines for minutes is collected by ``make test-deploy`` alone; one boot is part of every run."""

import os
from pathlib import Path

EACH_RUN = {"test_boot.py"}
MACHINES = Path(__file__).with_name("machines")
collect_ignore = [] if os.environ.get("HOTSPOT_DEPLOY") else [str(path) for path in MACHINES.glob("test_*.py") if path.name not in EACH_RUN]
