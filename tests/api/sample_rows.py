"""A small shop of its own, to show what views can say: its rows, who sees them, and the statements that were sent."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.context import TortoiseContext
from tortoise.expressions import Q
from tortoise.models import Model

from domain.kernel.actor import Scope


class SaleStatus(StrEnum):
    """How far the sample sale is."""

    DRAFT = "DRAFT"
    CONFIRMED = "CONFIRMED"
    CANCELED = "CANCELED"


class BuyerRow(Model):
    id = fields.UUIDField(primary_key=True)
    name = fields.TextField(description="What they are called.")
    email = fields.TextField(null=True, description="Where they read.")

    class Meta:
        table = "buyer"


class SaleRow(Model):
    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=40, unique=True, description="For people.")
    status = fields.CharEnumField(SaleStatus, description="How far it is.")
    currency = fields.CharField(max_length=3, description="What it is paid in.")
    total_minor = fields.BigIntField(description="What is to be paid.")
    deposit_minor = fields.BigIntField(null=True, description="What was paid before, if anything.")
    units = fields.IntField(default=1, description="How many units.")
    is_gift = fields.BooleanField(default=False, description="Whether it is a present.")
    placed_at = fields.DatetimeField(description="When it was placed.")
    buyer: fields.ForeignKeyNullableRelation[BuyerRow] = fields.ForeignKeyField(
        "models.BuyerRow", null=True, related_name=False, description="Who buys."
    )

    class Meta:
        table = "sale"


class SaleHoldRow(Model):
    id = fields.IntField(primary_key=True)
    sale: fields.ForeignKeyRelation[SaleRow] = fields.ForeignKeyField("models.SaleRow", related_name=False)
    released_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sale_hold"


class SaleLineRow(Model):
    id = fields.UUIDField(primary_key=True)
    sale: fields.ForeignKeyRelation[SaleRow] = fields.ForeignKeyField("models.SaleRow", related_name=False)
    position = fields.IntField(description="Where it stands.")
    title = fields.TextField(description="What was bought.")

    class Meta:
        table = "sale_line"


class ParcelRow(Model):
    id = fields.UUIDField(primary_key=True)
    sale: fields.ForeignKeyRelation[SaleRow] = fields.ForeignKeyField("models.SaleRow", related_name=False)
    carrier = fields.TextField(description="Who brings it.")
    sent_at = fields.DatetimeField(description="When it left.")

    class Meta:
        table = "parcel"


class SaleEventRow(Model):
    id = fields.UUIDField(primary_key=True)
    sale: fields.ForeignKeyRelation[SaleRow] = fields.ForeignKeyField("models.SaleRow", related_name=False)
    kind = fields.CharField(max_length=20, description="What sort of thing happened.")
    sequence = fields.IntField(description="Its place in the history.")
    note = fields.TextField(description="What was said.")

    class Meta:
        table = "sale_event"


def visible_buyers(scope: Scope) -> Q:
    return Q() if scope.sees_everything else Q(id=scope.customer_id)


def visible_sales(scope: Scope) -> Q:
    return Q() if scope.sees_everything else Q(buyer_id=scope.customer_id) & ~Q(status=SaleStatus.DRAFT)


def visible_of_sale(scope: Scope) -> Q:
    if scope.sees_everything:
        return Q()
    return Q(sale__buyer_id=scope.customer_id) & ~Q(sale__status=SaleStatus.DRAFT)


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def numbered(kind: int, n: int) -> UUID:
    """A fixed id: the n-th of a kind."""
    return UUID(int=kind << 64 | n)


ANN, BOB = numbered(1, 1), numbered(1, 2)


def sale_id(n: int) -> UUID:
    return numbered(2, n)


async def fill() -> None:
    """Two buyers; ten sales S-001 … S-010, odd ones Ann's and even ones Bob's; S-009 a draft, S-010 of nobody.

    Two are placed each minute. The n-th sale has n lines and n parcels, up to four of each; every third is on hold.
    Each has three events.
    """
    await BuyerRow.create(id=ANN, name="Ann", email="ann@example.com")
    await BuyerRow.create(id=BOB, name="Bob")
    for n in range(1, 11):
        await SaleRow.create(
            id=sale_id(n),
            number=f"S-{n:03}",
            status=SaleStatus.DRAFT if n == 9 else SaleStatus.CONFIRMED,
            currency="JPY" if n == 2 else "EUR",
            total_minor=n * 1001,
            deposit_minor=500 if n == 1 else None,
            units=n,
            is_gift=n > 8,
            placed_at=NOON + timedelta(minutes=n // 2, microseconds=n // 2),
            buyer_id=None if n == 10 else ANN if n % 2 else BOB,
        )
        await SaleHoldRow.create(sale_id=sale_id(n), released_at=None if n % 3 == 0 else NOON)
        for sequence, kind in enumerate(("PLACED", "SECRET", "NOTED"), start=1):
            event = numbered(5, n * 10 + sequence)
            await SaleEventRow.create(id=event, sale_id=sale_id(n), kind=kind, sequence=sequence, note=f"{n}!")
        for m in range(min(n, 4)):
            await SaleLineRow.create(id=numbered(3, n * 10 + m), sale_id=sale_id(n), position=-m, title=f"{n}/{m}")
            await ParcelRow.create(
                id=numbered(4, n * 10 + m), sale_id=sale_id(n), carrier="abc"[m % 3], sent_at=NOON + timedelta(hours=m)
            )


@asynccontextmanager
async def open_shop() -> AsyncIterator[None]:
    """A filled shop, in memory."""
    async with TortoiseContext() as context:
        await context.init(db_url="sqlite://:memory:", modules={"models": [__name__]})
        await context.generate_schemas()
        await fill()
        yield


class _Statements(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if (text := record.getMessage()).startswith("SELECT"):
            self.sent.append(text)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every SELECT that is sent meanwhile."""
    handler, log = _Statements(), logging.getLogger("tortoise.db_client")
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield handler.sent
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
