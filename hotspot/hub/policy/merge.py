"""Settings over settings (pure). Rule 1: tables are merged key by key. Rule 2: everything else replaces what is above it, lists too.
Rule 3: ``null`` removes what is above it. A result has no ``null``, shares what was not changed with its sources, and changes neither."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

Table = dict[str, Any]
Path = tuple[str, ...]
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def merge(upper: Mapping[str, Any], lower: Mapping[str, Any]) -> Table:
    """``lower`` over ``upper``."""
    result = dict(upper)
    for key, value in lower.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            under = result.get(key)
            result[key] = merge(under if isinstance(under, dict) else {}, value)
        else:
            result[key] = value
    return result


def merged(documents: Iterable[Mapping[str, Any]]) -> Table:
    """All of them, from above to below."""
    result: Table = {}
    for document in documents:
        result = merge(result, document)
    return result


def leaves(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that is no table, with where it stands; of an empty table the table itself."""
    if isinstance(value, dict) and (value or not at):
        for key, inner in value.items():
            yield from leaves(inner, (*at, key))
    else:
        yield at, value


def key_of(path: Path) -> str:
    """Where something stands, as TOML writes it: ``plans.free.down``, ``hall."a b"``."""
    return ".".join(step if _BARE.fullmatch(step) else '"' + step.replace("\\", "\\\\").replace('"', '\\"') + '"' for step in path)


def path_of(key: str) -> Path:
    """``key_of`` read back. Raises ``ValueError``."""
    steps = re.findall(r'([A-Za-z0-9_-]+)|"((?:[^"\\]|\\["\\])*)"', key)
    path = tuple(bare or re.sub(r"\\(.)", r"\1", quoted) for bare, quoted in steps)
    if not path or key_of(path) != key:
        raise ValueError('expected keys with dots between them, such as "plans.free.down"')
    return path


MASK: Final = "…"


def without_secrets(settings: Mapping[str, Any]) -> Table:
    """Settings that may be shown: the keys of voucher batches are left out, because whoever has one has the codes."""
    batches = settings.get("vouchers")
    if not isinstance(batches, dict):
        return dict(settings)
    shown = {id_: {**batch, "key": MASK} if isinstance(batch, dict) and "key" in batch else batch for id_, batch in batches.items()}
    return {**settings, "vouchers": shown}
