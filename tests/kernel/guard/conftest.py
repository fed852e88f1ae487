"""One guarded hall for each module of attacks."""

from collections.abc import Iterator

import pytest

from tests.kernel.guard.guarded import Guarded, guarded


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A bridge with four guests, a DHCP server, and the guard."""
    files = tmp_path_factory.mktemp("guarded")
    for folder in (files, *files.parents[:2]):
        folder.chmod(0o755)  # the guard is another user
    with guarded(files) as up:
        yield up
