"""``python -P -m hotspot.portal --config portal.toml``: the portal without the command line around it."""

import sys

from hotspot.portal.service import main

if __name__ == "__main__":
    sys.exit(main())
