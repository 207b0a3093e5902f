"""HTML that is written by Python: what is not markup is escaped, always."""

from html import escape
from typing import Final

VOID: Final = frozenset({"input", "link", "meta", "br"})


class Markup(str):
    """Text that is HTML already."""


Child = str | None
Attribute = str | int | bool | None


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """The element. None is left out; `class_` is the attribute `class`, `aria_live` is `aria-live`."""
    written = "".join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    if name in VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: Child) -> Markup:
    """The children one behind the other."""
    return Markup("".join(each if isinstance(each, Markup) else escape(each) for each in children if each is not None))


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
