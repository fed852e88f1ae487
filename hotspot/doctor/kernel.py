"""What the kernel can do: its own list of what it was built with, looked up without loading anything."""

import gzip
import os
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from hotspot.doctor.found import NotLooked, found
from hotspot.doctor.subject import Subject
from hotspot.looks.values import Finding

NEEDED = {
    "NF_TABLES": "nf_tables",
    "NF_TABLES_INET": "nf_tables",
    "NF_TABLES_ARP": "nf_tables",
    "NF_CONNTRACK": "nf_conntrack",
    "NF_CONNTRACK_MARK": "nf_conntrack",
    "NFT_CT": "nft_ct",
    "NFT_CONNLIMIT": "nft_connlimit",
    "NFT_LIMIT": "nft_limit",
    "NFT_QUOTA": "nft_quota",
    "NFT_HASH": "nft_hash",
    "NFT_NAT": "nft_chain_nat",
    "NFT_MASQ": "nft_masq",
    "NFT_REDIR": "nft_redir",
    "NFT_REJECT_INET": "nft_reject_inet",
    "NFT_FIB_INET": "nft_fib_inet",
    "NET_SCH_HTB": "sch_htb",
    "NET_CLS_BPF": "cls_bpf",
}
"""Options that rules and shaping cannot do without, and the module each is in."""
FAIR = ("NET_SCH_FQ_CODEL", "sch_fq_codel")
"""Without it a client's own bulk download makes its own calls late; nobody else's."""
MODULES = (Path("/run/hotspot-modules"), Path("/lib/modules"))
"""Where the kernel's modules are; the first is what the doctor's unit has in the place of the second, which is shut for it."""
LARGEST = 8 * 2**20
_SET = re.compile(r"^CONFIG_(\w+)=([ym])$", re.MULTILINE)


class Facts(Struct, frozen=True):
    """What was read."""

    built: dict[str, str]
    """Option -> ``y`` or ``m``."""
    missing_modules: frozenset[str] = frozenset()
    """Of those that are needed: built as a module, and the module is not on this disk."""
    unlisted: bool = False
    """Nobody can say which modules are on this disk."""


def read(_subject: Subject) -> Facts:
    """The kernel's list. Raises ``NotLooked`` where it keeps none."""
    release = os.uname().release
    text = _config(release)
    built = dict(_SET.findall(text))
    if not built:
        raise NotLooked("no-kernel-list")
    wanted = {**NEEDED, FAIR[0]: FAIR[1]}
    as_modules = {module for option, module in wanted.items() if built.get(option) == "m"}
    there = _modules_of(release) if as_modules else set[str]()
    return Facts(built, frozenset() if there is None else frozenset(as_modules - there), there is None)


def _config(release: str) -> str:
    try:
        with gzip.open("/proc/config.gz") as file:
            return file.read(LARGEST).decode(errors="replace")
    except OSError:
        pass
    for path in (Path(f"/boot/config-{release}"), *(folder / release / "config" for folder in MODULES)):
        try:
            return path.read_text(errors="replace")[:LARGEST]
        except OSError:
            continue
    return ""


def _modules_of(release: str) -> set[str] | None:
    """Modules on disk; None: there is no list of them that can be read."""
    for folder in MODULES:
        try:
            listed = (folder / release / "modules.dep").read_text(errors="replace")
            break
        except OSError:
            continue
    else:
        return None
    return {Path(line.partition(":")[0]).name.partition(".")[0].replace("-", "_") for line in listed.splitlines()}


def judge(facts: Facts) -> Iterator[Finding]:
    """What is missing. Raises ``NotLooked`` when only half could be seen, and that was well."""
    missing = tuple(_missing(facts))
    if facts.unlisted and not missing:
        raise NotLooked("no-module-list")
    yield from missing


def _missing(facts: Facts) -> Iterator[Finding]:
    for option, module in NEEDED.items():
        if option not in facts.built or module in facts.missing_modules:
            yield found("kernel-feature-missing", option=f"CONFIG_{option}", module=module)
    if FAIR[0] not in facts.built or FAIR[1] in facts.missing_modules:
        yield found("kernel-no-fq-codel")
