"""What every input has: the caller's name for it, the revision that was seen, ids and amounts with their fields."""

from collections.abc import Hashable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Protocol, cast
from uuid import UUID

import strawberry
from strawberry.types import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from domain.kernel.errors import InvalidInput, Path
from domain.kernel.ids import parse_global_id
from domain.kernel.money import exponent, parse_minor
from schema.scalars import Amount

LONGEST_TEXT = 20_000


class Instruction(Protocol):
    """An input: what is asked of a flow, and the caller's name for the intention."""

    @property
    def idempotency_key(self) -> str | None:
        """The caller's name for the intention."""

    def request(self) -> Any:
        """What the flow is asked. Raises MalformedId or InvalidInput for what cannot be told to it."""


@strawberry.input(description="What every input has.")
class Intention:
    """A mutation that may be given a key."""

    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Your name for this intention, of 1 to 100 characters: sent again with the same input it is done "
        "once, and answered with `replayed: true`. A refusal leaves it free. It is kept for 30 days.",
    )


@strawberry.input(description="What every input has that must never be done twice.")
class KeyedIntention:
    """A mutation that must be given a key, for doing it twice would be a loss."""

    idempotency_key: str = strawberry.field(
        description="Your name for this intention, of 1 to 100 characters. It is required, for doing this twice would "
        "be a loss: sent again with the same input it is done once, and answered with `replayed: true`. A refusal "
        "leaves it free. It is kept for 30 days."
    )


def revision() -> Any:
    """The field `expectedRevision`."""
    return strawberry.field(
        default=None,
        description="The `revision` of the order that you saw. It is refused as stale when somebody edited the order "
        "since; scans and notes do not count. Without it, whatever the order is now is changed.",
    )


def dry_run() -> Any:
    """The field `dryRun`."""
    return strawberry.field(
        default=False, description="Only find out whether it would be done: nothing is written, and no key is bound."
    )


@strawberry.input(description="An amount of money.")
class MoneyInput:
    """An amount and its currency, as they were sent."""

    amount: Amount = strawberry.field(description='A plain decimal, such as "12.34".')
    currency: str = strawberry.field(description="The ISO 4217 code, such as `EUR`.")

    def minor(self, *path: str) -> int:
        """In minor units. Raises InvalidInput, naming the field from `path` inwards."""
        exponent(self.currency, path=(*path, "currency"))
        return parse_minor(self.amount, self.currency, path=(*path, "amount"))


def local_id(prefix: str, text: str, *path: str) -> UUID:
    """The UUID behind a global id; raises MalformedId, naming the field."""
    return parse_global_id(prefix, text, path=path)


def check_texts(given: Any, path: Path = ()) -> None:
    """Raises InvalidInput, naming the field, for text that no database can keep, or that is far too long."""
    if _is_sound(given):
        return
    if isinstance(given, str):
        if not given.isprintable() and ("\0" in given or _has_half_signs(given)):
            raise InvalidInput("Text must not contain NUL or half of a surrogate pair.", path=path)
        if len(given) > LONGEST_TEXT:
            raise InvalidInput(f"Text has at most {LONGEST_TEXT:,} characters.", path=path)
    elif isinstance(given, list | tuple):
        for n, each in enumerate(given):
            check_texts(each, (*path, str(n)))
    else:
        for name, shown in _shown_names(cast("Hashable", type(given))):
            if (value := getattr(given, name)) is not None:
                check_texts(value, (*path, shown))


def _is_sound(given: Any) -> bool:
    """Whether there is nothing to look for: no more than a look at each text, as almost always."""
    kind = cast("Hashable", type(given))
    if kind is str:
        return len(given) <= LONGEST_TEXT and (given.isprintable() or not ("\0" in given or _has_half_signs(given)))
    parts = given if kind is list or kind is tuple else vars(given).values() if _shown_names(kind) else ()
    for part in parts:  # noqa: SIM110  # twice as fast as all(…)
        if part is not None and not _is_sound(part):
            return False
    return True


@cache
def _shown_names(kind: Any) -> tuple[tuple[str, str], ...]:
    """The fields of an input and their GraphQL names; none of what is no input."""
    return tuple((each.name, shown_name(kind, each.name)) for each in fields(kind)) if is_dataclass(kind) else ()


def shown_name(given: Any, name: str) -> str:
    """The GraphQL name of a field of an input."""
    definition = get_object_definition(given)
    declared = definition.fields if definition else ()
    explicit = next((field.graphql_name for field in declared if field.python_name == name), None)
    return explicit or to_camel_case(name)


def _has_half_signs(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)
