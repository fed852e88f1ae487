"""The short list on the kernels that halls run, under software emulation."""

from typing import Any

from tests.fullkernel.guests import DEBIAN, Play, playing, tell


@playing(*(Play("basics", debian=package) for package in DEBIAN))
def test_one_clients_life_on_debians_kernel(found: dict[str, Any]) -> None:
    """Closed; open to one client alone on both stacks; counted to the byte; at the plan's rate; put back after a flush; closed again;
    without daemon and rules not one packet leaves, for the shaper drops what has no class."""
    tell("Debian's kernels", f"{found['kernel']}: {found['leaf']}, rate {found['of']:.3f} of the plan")
    rate = found["of"]
    assert found == {
        "kernel": found["kernel"],
        "leaf": "fq_codel",
        "of": rate,
        "captive": [False, False],
        "online": [True, True],
        "other": [False, False],
        "counted": [5 * (84 + 104)] * 2,
        "after flush": [[True, True], [False, False]],
        "revoked": [False, False],
        "bare": {"alone": [True, True], "reached": [[False, False], [False, False]], "left": 0, "dropped": True, "bpf": True},
    }
    assert 0.85 <= rate <= 1.02
