"""What a file of stock levels says, row by row."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from domain.bulk.lifecycle import BulkMode
from domain.kernel.errors import InvalidInput
from domain.kernel.quantities import MOST_UNITS

MOST_ROWS = 50_000
NEEDED: Mapping[BulkMode, frozenset[str]] = {
    BulkMode.SET: frozenset({"sku", "location", "on_hand"}),
    BulkMode.ADJUST: frozenset({"sku", "location", "delta"}),
}
OPTIONAL: Mapping[BulkMode, frozenset[str]] = {
    BulkMode.SET: frozenset({"expected_on_hand"}),
    BulkMode.ADJUST: frozenset(),
}


@dataclass(frozen=True)
class FileRow:
    """One row: what is to become of the level of a SKU at a location; or, with a `fault`, why it cannot be read."""

    number: int
    sku: str = ""
    location: str = ""
    units: int = 0
    expected_on_hand: int | None = None
    fault: str | None = None


def count_rows(content: bytes, mode: BulkMode) -> int:
    """How many rows the file has. Raises InvalidInput for one that cannot be read, is empty, or has too many."""
    count = sum(1 for _ in read_rows(content, mode))
    if not 1 <= count <= MOST_ROWS:
        said = f"The file has {count:,} rows below its header; it needs 1 to {MOST_ROWS:,}."
        raise InvalidInput(said, path=("upload",))
    return count


def read_rows(content: bytes, mode: BulkMode, *, start: int = 0, stop: int | None = None) -> Iterator[FileRow]:
    """The rows of a CSV file in UTF-8 from `start` to before `stop`, counted from 0; empty lines are none.

    Raises InvalidInput when its header lacks a column or has an unknown one.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The file is not in UTF-8: byte {error.start:,} is none of it.", path=("upload",)) from None
    lines = csv.reader(io.StringIO(text, newline=""), strict=False)
    header = [name.strip().lower() for name in next(lines, [])]
    _check_header(header, mode)
    filled = ((lines.line_num, cells) for cells in lines if any(map(str.strip, cells)))
    for number, cells in islice(filled, start, stop):
        yield _row(number, header, cells, mode)


def _check_header(header: Sequence[str], mode: BulkMode) -> None:
    known = NEEDED[mode] | OPTIONAL[mode]
    missing, unknown = sorted(NEEDED[mode] - set(header)), sorted(set(header) - known)
    if missing or unknown or len(set(header)) < len(header):
        wanted = ", ".join(sorted(NEEDED[mode]))
        may_have = f" and may have {', '.join(sorted(OPTIONAL[mode]))}" if OPTIONAL[mode] else ""
        raise InvalidInput(
            f"The first line names the columns: it needs {wanted}{may_have}, each once, and no other.", path=("upload",)
        )


def _row(number: int, header: Sequence[str], cells: Sequence[str], mode: BulkMode) -> FileRow:
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
    sku, location = values.get("sku", "")[:64], values.get("location", "")[:40]
    if len(cells) != len(header):
        return FileRow(number, sku, location, fault=f"The row has {len(cells)} cells, the header {len(header)}.")
    if "\0" in sku + location:
        return FileRow(number, fault="The row has a character that no text can have.")
    column, least = ("on_hand", 0) if mode is BulkMode.SET else ("delta", -MOST_UNITS)
    units = _whole(values[column])
    if units is None or not least <= units <= MOST_UNITS:
        return FileRow(number, sku, location, fault=f"{column} is a whole number from {least:,} to {MOST_UNITS:,}.")
    expected = _whole(values.get("expected_on_hand", ""))
    if expected is None and values.get("expected_on_hand"):
        return FileRow(number, sku, location, fault="expected_on_hand is a whole number, or empty.")
    return FileRow(number, sku, location, units, expected)


def _whole(text: str) -> int | None:
    sign = text[:1] if text[:1] in "+-" else ""
    digits = text[len(sign) :]
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= 12 else None
