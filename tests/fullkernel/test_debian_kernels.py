"""The short list on the kernels that halls run, under software emulation in real time."""

from typing import Any

import pytest

from tests.fullkernel.guests import DEBIAN, play, tell


@pytest.mark.parametrize("package", DEBIAN)
def test_one_clients_life_on_debians_kernel(package: str) -> None:
    """Closed; open to one client alone on both stacks; counted to the byte; at the plan's rate; put back after a flush; closed again."""
    found: dict[str, Any] = play("basics", debian=package)
    tell("Debian's kernels", f"{found['kernel']}: {found['leaf']}, rate {found['of']:.3f} of the plan")
    rate = found.pop("of")
    assert found == {
        "kernel": found["kernel"],
        "leaf": "fq_codel",
        "captive": [False, False],
        "online": [True, True],
        "other": [False, False],
        "counted": [5 * (84 + 104)] * 2,
        "after flush": [[True, True], [False, False]],
        "revoked": [False, False],
    }
    assert 0.85 <= rate <= 1.02
