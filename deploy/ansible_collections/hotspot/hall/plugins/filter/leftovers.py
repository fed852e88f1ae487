"""What an inventory still has of the example that it was copied from. Pure: values in, words out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

DOCUMENTATION = """
name: leftovers
author: Hotspot
short_description: What an inventory still has of the example
description:
  - Returns one sentence for each setting that says replace-this, or has a name or an address of the example, and an empty list when there
    is none.
options:
  _input:
    description: Settings by name.
    type: dict
    required: true
"""

EXAMPLES = """
- ansible.builtin.assert:
    that: hostvars[inventory_hostname] | hotspot.hall.leftovers == []
"""

RETURN = """
_value:
  description: One sentence for each setting.
  type: list
  elements: str
"""

OURS = re.compile("(gateway|hub|monitoring)_")
"""How settings of the roles begin; nothing else of a host is looked at."""
PLACEHOLDER = "replace-this"
EXAMPLE = re.compile(
    r"(?<![\w.-])(?:[a-z0-9-]+\.)*(?:grossstadt|kleinheim|bergdorf|waldheim)\.example(?![\w.-])"
    r"|(?<![\w.])192\.0\.2\.53(?![\w.])|(?<![\w:])2001:db8:53::53(?![\w:])"
)
"""Names and name servers of deploy/inventory. They are kept for documents (RFC 2606, RFC 5737, RFC 3849): none of them works anywhere."""


def leftovers(settings: Mapping[str, Any]) -> list[str]:
    """One sentence for each setting, by name. Of a value no more is said than what is the example's: it may be a secret."""
    found = []
    for key in sorted(key for key in settings if OURS.match(key)):
        texts = list(_texts(settings[key]))
        if any(PLACEHOLDER in text for text in texts):
            found.append(f"{key} still says {PLACEHOLDER}; expected a value of your own")
        elif names := sorted({name for text in texts for name in EXAMPLE.findall(text)}):
            found.append(f"{key} still has {', '.join(names)} of the example; expected your own")
    return found


def _texts(value: Any) -> Iterator[str]:
    """Texts in a value, however deep. What a vault encrypts by itself is no text of Python in ansible-core 2.14, but is marked."""
    if isinstance(value, str) or getattr(value, "__ENCRYPTED__", False):
        yield str(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)


class FilterModule:
    """How Ansible finds the filter."""

    def filters(self) -> dict[str, Any]:
        """By name."""
        return {"leftovers": leftovers}
