"""Units that have a name of their own, from the day they arrive."""

from collections.abc import Sequence

from domain.catalog.models import Traceability, VariantRow
from domain.kernel.errors import InvalidInput, Path
from domain.kernel.sets import insert_new
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock.errors import SerialNumbersKnown
from domain.stock.models import SerialNumberRow, SerialNumberStatus, StockLevelRow

MOST_NUMBERS = 1_000
LONGEST_NUMBER = 80


def check_numbered(variant: VariantRow, numbers: Sequence[str], units: int, *, path: Path) -> None:
    """Raises InvalidInput unless each unit that arrives has its number, or none has where none are told apart."""
    if variant.traceability != Traceability.SERIAL:
        if numbers:
            raise InvalidInput(f"Units of {variant.sku} have no serial numbers.", path=path)
        return
    if len(numbers) != units:
        raise InvalidInput("Each unit that arrives has a serial number.", path=path)
    check_numbers(numbers, path=path)


async def receive_serial_numbers(tx: UnitOfWork, level: StockLevelRow, numbers: Sequence[str], *, path: Path) -> None:
    """Enter units that arrived at the locked level by their numbers. Raises SerialNumbersKnown, naming those."""
    if not numbers:
        return
    rows = [
        SerialNumberRow(
            variant_id=level.variant_id,
            number=number,
            status=SerialNumberStatus.ON_HAND,
            level_id=level.id,
            received_at=tx.now,
        )
        for number in sorted(numbers)  # in one order, so that two deliveries of the same units do not wait in a circle
    ]
    made = await insert_new(rows)
    if known := [row.number for row in rows if row.id not in made]:
        raise SerialNumbersKnown(level.sku, known, path=path)


def check_numbers(numbers: Sequence[str], *, path: Path) -> None:
    """Raises InvalidInput for too many, for what can be no number, and for one that stands there twice."""
    if len(numbers) > MOST_NUMBERS:
        raise InvalidInput(f"At most {MOST_NUMBERS:,} serial numbers at once.", path=path)
    for n, number in enumerate(numbers):
        if not 1 <= len(number.strip()) <= len(number) <= LONGEST_NUMBER:
            raise InvalidInput(f"A serial number has 1 to {LONGEST_NUMBER} characters.", path=(*path, str(n)))
    if len(set(numbers)) < len(numbers):
        raise InvalidInput("The same serial number stands there twice.", path=path)
