"""A mapping as TOML, each key with the reason why it says what it says. Names from files may hold anything."""

import datetime as dt
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from warehouse.signs import one_line

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_WIDTH = 118
_SHORT = 100
"""Characters up to which a reason stands behind its key, and not above it."""


@dataclass(frozen=True)
class Entry:
    """A key of a mapping.

    Attributes:
        key: its name.
        value: a text, a number, a truth, or several texts.
        reason: why it says so; may be empty.
    """

    key: str
    value: str | float | bool | Sequence[str]
    reason: str = ""


@dataclass(frozen=True)
class Section:
    """A table of a mapping, such as retailer.calendar; nothing is written of one without entries."""

    name: str
    entries: tuple[Entry, ...]


def mapping_text(sections: Sequence[Section], remarks: Sequence[str]) -> str:
    """Returns the text of a mapping.

    Args:
        sections: its tables; the first keys of a file stand in one without a name.
        remarks: sentences above everything.
    """
    blocks = ["\n".join(line for remark in remarks for line in _comment(remark))] if remarks else []
    blocks += [_section(section) for section in sections if section.entries]
    return "\n\n".join(blocks) + "\n"


def _section(section: Section) -> str:
    lines = [f"[{section.name}]"] if section.name else []
    for entry in section.entries:
        line = f"{toml_key(entry.key)} = {toml_value(entry.value)}"
        reason = one_line(entry.reason)
        if reason and len(line) + len(reason) + 4 <= _SHORT:
            lines.append(f"{line}  # {reason}")
        else:
            lines += [*_comment(reason), line]
    return "\n".join(lines)


def toml_key(key: str) -> str:
    """Returns a key as TOML.

    >>> toml_key("fuel_price"), toml_key("Größe")
    ('fuel_price', '"Größe"')
    """
    return key if _BARE.fullmatch(key) else toml_value(key)


def toml_value(value: Any) -> str:
    r"""Returns a value as TOML.

    >>> print(toml_value('a "b"'), toml_value(("x", "y")), toml_value(True), toml_value(5.0))
    "a \"b\"" ["x", "y"] true 5.0
    """
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(_escaped(sign) for sign in value) + '"'
    if isinstance(value, int | float):
        return repr(value)
    return f"[{', '.join(toml_value(one) for one in value)}]"


def _escaped(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    return f"\\u{ord(sign):04X}" if ord(sign) < 32 or ord(sign) == 127 else sign


def _comment(text: str) -> list[str]:
    """Returns a text as comments, on as many lines as it needs."""
    return [f"# {line}" for line in textwrap.wrap(one_line(text), _WIDTH, break_on_hyphens=False)]


def record_sections(record: BaseModel, name: str = "") -> list[Section]:
    """Returns a record of settings as tables, without what is so by default: plain values first, then what is within.

    Repeated tables, such as retailer.calendar.events, stand in brackets of their own.
    """
    set_values = {key: getattr(record, key) for key in type(record).model_fields if key in record.model_fields_set}
    inner = {key: value for key, value in set_values.items() if _is_table(value)}
    plain = tuple(Entry(key, value) for key, value in set_values.items() if key not in inner and value is not None)
    sections = [Section(name, plain)]
    for key, value in inner.items():
        place = f"{name}.{key}" if name else key
        if isinstance(value, Mapping):
            sections.append(Section(place, tuple(Entry(own, one) for own, one in value.items())))
        elif isinstance(value, BaseModel):
            sections += record_sections(value, place)
        else:
            sections += [section for one in value for section in record_sections(one, f"[{place}]")]
    return sections


def _is_table(value: Any) -> bool:
    is_several = isinstance(value, tuple) and bool(value) and isinstance(value[0], BaseModel)
    return isinstance(value, BaseModel | Mapping) or is_several


def plain_entries(values: Mapping[str, str | Sequence[str]], reasons: Mapping[str, str]) -> tuple[Entry, ...]:
    """Returns the entries of what is filled, each with its reason if it has one."""
    return tuple(Entry(key, value, reasons.get(key, "")) for key, value in values.items() if value)
