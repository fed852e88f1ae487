"""What boots machines is collected by ``make test-deploy`` alone."""

import os

collect_ignore = [] if os.environ.get("HOTSPOT_DEPLOY") else ["machines"]
