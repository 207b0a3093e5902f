"""Rows are written by the set as they are, whatever they have in common."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.kernel.models import JobRow
from domain.kernel.sets import Changed, insert, write
from server.database import Database

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """Of a job, what may differ from another's."""

    kind: str
    payload: object
    attempts: int
    leased_by: str | None
    run_at: datetime


def job(kind: str, **columns: object) -> JobRow:
    return JobRow(**{"kind": kind, "payload": {}, "run_at": NOON, "created_at": NOON, **columns})


async def seen() -> list[Seen]:
    rows = await JobRow.all().order_by("kind")
    return [Seen(row.kind, row.payload, row.attempts, row.leased_by, row.run_at) for row in rows]


async def test_rows_that_are_alike_and_then_are_not_and_then_are_again_are_written_as_they_are(
    database: Database,
) -> None:
    later = NOON + timedelta(hours=1)
    await insert([job("a"), job("b")])
    await insert([job("c", attempts=1, leased_by="ann"), job("d", payload={"x": 1}, run_at=later)])
    await insert([job("e", leased_by="bob", payload={"x": 2}), job("f", leased_by="bob", payload={"x": 2})])
    assert await seen() == [
        Seen("a", {}, 0, None, NOON),
        Seen("b", {}, 0, None, NOON),
        Seen("c", {}, 1, "ann", NOON),
        Seen("d", {"x": 1}, 0, None, later),
        Seen("e", {"x": 2}, 0, "bob", NOON),
        Seen("f", {"x": 2}, 0, "bob", NOON),
    ]


async def test_changes_that_are_alike_and_then_are_not_are_written_as_they_are(
    database: Database,
) -> None:
    first, second = job("a"), job("b")
    await insert([first, second])
    for one, other in ((5, 5), (6, 7), (8, 8)):
        first.attempts, second.attempts = one, other
        await write([], [Changed(first, ("attempts",)), Changed(second, ("attempts",))], None)
        assert [each.attempts for each in await seen()] == [one, other]
