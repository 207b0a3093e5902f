"""Units that have a name of their own, from the day they arrive."""

from collections.abc import Sequence
from uuid import UUID

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


def check_some(numbers: Sequence[str], units: int, *, path: Path) -> None:
    """Raises InvalidInput for more numbers than units, and for what can be no number."""
    if len(numbers) > units:
        raise InvalidInput(f"{units} units have no more serial numbers.", path=path)
    check_numbers(numbers, path=path)


async def is_any_sent(transfer_id: UUID) -> bool:
    """Whether units with a serial number are on their way with the transfer."""
    return await SerialNumberRow.filter(transfer_id=transfer_id).exists()


async def send(level_id: UUID, numbers: Sequence[str], transfer_id: UUID, *, path: Path) -> None:
    """Units on hand at the locked level leave with a transfer. Raises InvalidInput for one that is not there."""
    if not numbers:
        return
    here = await SerialNumberRow.filter(level_id=level_id, status=SerialNumberStatus.ON_HAND, number__in=list(numbers))
    _check_found(numbers, here, "No unit here has", path)
    await _change(here, SerialNumberStatus.IN_TRANSIT, transfer_id=transfer_id)


async def arrive(level_id: UUID, numbers: Sequence[str], transfer_id: UUID, *, path: Path) -> None:
    """Units that left with the transfer arrived at this locked level. Raises InvalidInput for one that did not."""
    if not numbers:
        return
    left = await SerialNumberRow.filter(transfer_id=transfer_id, number__in=list(numbers))
    _check_found(numbers, left, "No unit on its way with it has", path)
    await _change(left, SerialNumberStatus.ON_HAND, level_id=level_id)


async def end_way(level_id: UUID, variant_id: UUID, transfer_id: UUID, *, lost: int, arrived: int) -> None:
    """Nothing of the variant is on its way with the transfer any more: the others that it named are there, or gone.

    Where some arrived and some did not, and nobody said which, they stay on their way.
    """
    rest = await SerialNumberRow.filter(transfer_id=transfer_id, variant_id=variant_id)
    if not lost:
        await _change(rest, SerialNumberStatus.ON_HAND, level_id=level_id)
    elif not arrived or len(rest) <= lost:
        await _change(rest, SerialNumberStatus.GONE)


def _check_found(numbers: Sequence[str], found: Sequence[SerialNumberRow], said: str, path: Path) -> None:
    if unknown := set(numbers) - {row.number for row in found}:
        raise InvalidInput(f"{said} the serial number {min(unknown)}.", path=path)


async def _change(rows: Sequence[SerialNumberRow], status: SerialNumberStatus, **more: UUID | None) -> None:
    if rows:
        changes = {"transfer_id": None, **more}
        await SerialNumberRow.filter(id__in=[row.id for row in rows]).update(status=status, **changes)


def check_numbers(numbers: Sequence[str], *, path: Path) -> None:
    """Raises InvalidInput for too many, for what can be no number, and for one that stands there twice."""
    if len(numbers) > MOST_NUMBERS:
        raise InvalidInput(f"At most {MOST_NUMBERS:,} serial numbers at once.", path=path)
    for n, number in enumerate(numbers):
        if not 1 <= len(number.strip()) <= len(number) <= LONGEST_NUMBER:
            raise InvalidInput(f"A serial number has 1 to {LONGEST_NUMBER} characters.", path=(*path, str(n)))
    if len(set(numbers)) < len(numbers):
        raise InvalidInput("The same serial number stands there twice.", path=path)
