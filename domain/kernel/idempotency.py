"""Idempotency keys: the caller's name for one intention. One key, one effect, one answer."""

import dataclasses
import hashlib
from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, cast
from uuid import UUID

import orjson

from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.kernel.errors import Busy, DomainError, InvalidInput, KeyReused
from domain.kernel.ids import new_id
from domain.kernel.models import IdempotencyRow
from domain.kernel.sets import insert_new

KEPT_FOR = timedelta(days=30)
LONGEST_KEY = 100
TRIES = 4  # to have a key that others have, and let go of, at the same moment


Name = tuple[str, str]  # whose it is, and the key


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A key, whose it is, and what it is to name: its effect too, where its id is known beforehand."""

    principal: str
    key: str
    operation: str
    fingerprint: str
    effect: UUID | None = None


@dataclasses.dataclass(frozen=True)
class Claim:
    """A key that this transaction holds; or what an earlier one did for it, or why it cannot be had."""

    row_id: UUID
    outcome: UUID | None = None
    refusal: DomainError | None = None


# Times are left to `_plain`: how orjson writes them is another way.
_CANONICAL = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_NON_STR_KEYS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS  # their fields are to be sorted too
)


def fingerprint(operation: str, request: object) -> str:
    """SHA-256 over the operation and its canonical input: equal for equal inputs, whatever the order of keys.

    Raises TypeError for what has no canonical form.
    """
    return hashlib.sha256(orjson.dumps([operation, request], default=_plain, option=_CANONICAL)).hexdigest()


@cache
def _field_names(kind: Any) -> tuple[str, ...] | None:
    """The fields of a dataclass; None of any other type."""
    return tuple(each.name for each in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None


def _plain(value: Any) -> Any:
    """What orjson does not know, or writes in another way."""
    if (names := _field_names(cast("Hashable", type(value)))) is not None:
        return {name: getattr(value, name) for name in names}
    match value:
        case datetime() | date() | UUID():  # orjson knows uuid.UUID, but none that is derived from it
            return str(value)
        case Mapping():
            return dict(value)
        case tuple():  # with names
            return list(value)
        case frozenset() | set():
            return sorted(str(each.value if isinstance(each, Enum) else each) for each in value)
    raise TypeError(f"{type(value)} has no canonical form")


async def claim(wanted: Sequence[Wanted], now: datetime) -> list[Claim]:
    """Bind distinct keys to this transaction, or find what they were bound to. Its first statement, sorted by key.

    A twin in flight holds the unique key: the INSERT waits for its end, then either replays or goes on.
    A claim is refused by KeyReused when its key names another intention, by InvalidInput when it is empty or too long.
    Raises Busy when a key changes hands again and again.
    """
    mine = {(each.principal, each.key): _row(each, now) for each in wanted if _is_key(each.key)}
    bound: dict[Name, IdempotencyRow] = {}
    open_names = sorted(mine)
    for _ in range(TRIES):
        fresh = await insert_new([mine[name] for name in open_names])
        taken = [name for name in open_names if mine[name].id not in fresh]
        bound |= await _bound(taken, now)
        open_names = [name for name in taken if name not in bound]
        if not open_names:
            return [_claim(each, mine.get((each.principal, each.key)), bound) for each in wanted]
    raise Busy


def _is_key(key: str) -> bool:
    return bool(key.strip()) and len(key) <= LONGEST_KEY


def _row(wanted: Wanted, now: datetime) -> IdempotencyRow:
    return IdempotencyRow(
        principal=wanted.principal,
        key=wanted.key,
        operation=wanted.operation,
        fingerprint=wanted.fingerprint,
        outcome=_outcome(wanted.effect) if wanted.effect else None,
        created_at=now,
        expires_at=now + KEPT_FOR,
    )


async def _bound(taken: Sequence[Name], now: datetime) -> dict[Name, IdempotencyRow]:
    """What these keys are bound to. Those that are past their time are forgotten, and can be had."""
    if not taken:
        return {}
    principals, keys = {name for name, _ in taken}, {key for _, key in taken}
    there = await IdempotencyRow.filter(principal__in=principals, key__in=keys)
    found = {(row.principal, row.key): row for row in there if (row.principal, row.key) in taken}
    past = [name for name, row in found.items() if row.expires_at < now]
    if past:
        await IdempotencyRow.filter(id__in=[found.pop(name).id for name in past], expires_at__lt=now).delete()
    return found


def _claim(wanted: Wanted, mine: IdempotencyRow | None, bound: Mapping[Name, IdempotencyRow]) -> Claim:
    if mine is None:
        sentence = f"An idempotency key has 1 to {LONGEST_KEY} characters."
        return Claim(new_id(), refusal=InvalidInput(sentence, path=("idempotencyKey",)))
    row = bound.get((wanted.principal, wanted.key), mine)
    if row is mine:
        return Claim(mine.id)
    if row.fingerprint != wanted.fingerprint:
        return Claim(row.id, refusal=KeyReused(wanted.key))
    return Claim(row.id, UUID(row.outcome["id"]))


def _outcome(effect: UUID) -> dict[str, str]:
    # In an object, for Tortoise takes a bare text for JSON already written.
    return {"id": effect.hex}


async def bind(outcomes: Mapping[UUID, UUID]) -> None:
    """Write what came of claims, by their rows' ids, in the same commit as the effects."""
    connection = current_connection()
    if dialect_of(connection) is Dialect.POSTGRES:
        await connection.execute_query(
            "UPDATE idempotency_keys SET outcome = jsonb_build_object('id', effect)"
            " FROM unnest($1::uuid[], $2::text[]) AS done (row_id, effect) WHERE id = row_id",
            [list(outcomes), [each.hex for each in outcomes.values()]],
        )
        return
    for row_id, effect in outcomes.items():
        await IdempotencyRow.filter(id=row_id).update(outcome=_outcome(effect))


async def release(row_ids: Sequence[UUID]) -> None:
    """Leave these claims free again, whose requests were refused."""
    await IdempotencyRow.filter(id__in=list(row_ids)).delete()


async def sweep(now: datetime) -> int:
    """Forget keys that are past their time; how many."""
    return await IdempotencyRow.filter(expires_at__lt=now).delete()
