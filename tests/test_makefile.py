"""What ``make`` starts can be found: by name, in this tree, whatever the libraries beside it are called."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_pictures_are_made_by_programs_of_this_tree() -> None:
    """A library brings a package called ``tests`` as well, and Python finds that first."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHONPATH"))}
    words = ("make", "--no-print-directory", "screenshots", "ARGS=--help")
    done = subprocess.run(words, cwd=ROOT, env=own, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("usage: ")] == ["screenshots", "pictures"]
