"""Idempotency keys: the caller's name for one intention. One key, one effect, one answer."""

import dataclasses
import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import orjson

from domain.kernel.errors import InvalidInput, KeyReused
from domain.kernel.ids import new_id
from domain.kernel.models import IdempotencyRow

KEPT_FOR = timedelta(days=30)
LONGEST_KEY = 100


@dataclasses.dataclass(frozen=True)
class Claim:
    """A key that this transaction holds; `outcome` is set when an earlier one already had the effect."""

    row_id: UUID
    outcome: UUID | None


def fingerprint(operation: str, request: object) -> str:
    """SHA-256 over the operation and its canonical input: equal for equal inputs, whatever the order of fields."""
    canonical = orjson.dumps([operation, _plain(request)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(map(str, map(_plain, value)))
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID | datetime | date):
        return str(value)
    assert value is None or isinstance(value, str | int | bool), f"{type(value)} has no canonical form"
    return value


async def claim(principal: str, key: str, operation: str, print_of_input: str, now: datetime) -> Claim:
    """Bind the key to this transaction, or find what it was bound to. The first statement of its transaction.

    A twin in flight holds the unique key: the INSERT waits for its end, then either replays or goes on.
    Raises KeyReused when the key names another intention, InvalidInput when the key is empty or too long.
    """
    if not key.strip() or len(key) > LONGEST_KEY:
        raise InvalidInput(f"An idempotency key has 1 to {LONGEST_KEY} characters.", path=("idempotencyKey",))
    await IdempotencyRow.filter(principal=principal, key=key, expires_at__lt=now).delete()
    mine = IdempotencyRow(
        id=new_id(),
        principal=principal,
        key=key,
        operation=operation,
        fingerprint=print_of_input,
        created_at=now,
        expires_at=now + KEPT_FOR,
    )
    await IdempotencyRow.bulk_create([mine], ignore_conflicts=True)
    bound = await IdempotencyRow.get(principal=principal, key=key)
    if bound.id == mine.id:
        return Claim(mine.id, None)
    if bound.fingerprint != print_of_input:
        raise KeyReused(key)
    return Claim(bound.id, UUID(bound.outcome["id"]))


async def bind(held: Claim, outcome: UUID) -> None:
    """Write what came of it, in the same commit as the effect."""
    # In an object, for Tortoise takes a bare text for JSON already written.
    await IdempotencyRow.filter(id=held.row_id).update(outcome={"id": outcome.hex})


async def sweep(now: datetime) -> int:
    """Forget keys that are past their time; how many."""
    return await IdempotencyRow.filter(expires_at__lt=now).delete()
