"""A value as TOML writes it. Pure: values in, text out. A macro of Jinja would not do: ansible-core 2.14 makes a list of a text that looks
like one, and a macro that comes to nothing is the word None in 2.19.0 (ansible/ansible issues 78141 and 85605)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

DOCUMENTATION = """
name: toml
author: Hotspot
short_description: A value as TOML writes it
description:
  - Writes texts, numbers, truths, lists and dictionaries in one line, dictionaries as inline tables.
options:
  _input:
    description: The value.
    type: raw
    required: true
"""

EXAMPLES = """
line: "zones = {{ hub_hall_certificates.zones | hotspot.hall.toml }}"
"""

RETURN = """
_value:
  description: The text, without an end of line.
  type: str
"""

BARE = re.compile("[A-Za-z0-9_-]+")
"""A key that needs no quotes."""


def toml(value: Any) -> str:
    """``{"a": [1, "b"]}`` -> ``{ a = [1, "b"] }``. Anything else than what is named above is written as its text."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(key))} = {toml(value[key])}" for key in value)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(toml(one) for one in value)}]"
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return _text(str(value))


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _text(name)


def _text(value: str) -> str:
    """As JSON has it; TOML takes no DEL either."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


class FilterModule:
    """How Ansible finds the filter."""

    def filters(self) -> dict[str, Any]:
        """By name."""
        return {"toml": toml}
