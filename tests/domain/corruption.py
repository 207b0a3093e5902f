"""Stock put out of order on purpose, past every flow: counters that drift, ledger lines that are lost."""

import random
from uuid import UUID

from domain.kernel.database import Dialect, current_connection, dialect_of
from domain.stock.models import StockLevelRow, StockMovementRow
from tests.domain.books import COUNTERS


async def drift(level_id: UUID, **counters: int) -> None:
    """Set counters of a level, as a bug or a hand in the database would."""
    await StockLevelRow.filter(id=level_id).update(**counters)


async def drift_by_chance(chance: random.Random) -> int:
    """Set some counters of some levels to anything; how many levels."""
    levels = await StockLevelRow.all().order_by("id")
    spoilt = chance.sample(levels, chance.randint(1, len(levels)))
    for level in spoilt:
        names = chance.sample(COUNTERS, chance.randint(1, 4))
        await drift(level.id, **{name: chance.randint(0, 9) for name in names})
    return len(spoilt)


async def lose_movements(chance: random.Random, most: int = 3) -> list[StockMovementRow]:
    """Take lines out of the ledger, and what they did to the counters with them: those that were lost."""
    lost = chance.sample(found := await StockMovementRow.all().order_by("id"), min(most, len(found)))
    for line in lost:
        await StockMovementRow.filter(id=line.id).delete()
        changes = ", ".join(f"{name} = {_capped()}(0, {name} - ({getattr(line, name)}))" for name in COUNTERS[1:])
        await current_connection().execute_query(
            f"UPDATE stock_levels SET on_hand = on_hand - ({line.on_hand}), {changes} WHERE id = '{line.level_id}'"
        )
    return lost


def _capped() -> str:
    return "greatest" if dialect_of(current_connection()) is Dialect.POSTGRES else "max"
