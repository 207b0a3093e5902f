"""Records out of CSV, JSON Lines and XLSX, one at a time, however large the file is."""

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

import openpyxl
import orjson

from server.importing.faults import Fault, ImportRefused
from server.importing.mapping import SourceMapping

csv.field_size_limit(1_000_000)
EXTRA = "extra"


@dataclass(frozen=True)
class Record:
    """One row or one JSON line; `number` as an editor shows it, `fault` when it cannot be read at all."""

    number: int
    values: Mapping[str, Any]
    fault: Fault | None = None


@dataclass
class Source:
    """An open file of records. `columns` is empty for JSON Lines; `done` grows towards `size`."""

    path: Path
    columns: tuple[str, ...]
    size: int
    raw: IO[bytes]
    records: Iterator[Record]

    @property
    def done(self) -> int:
        """How many bytes of the file have been read."""
        return self.size if self.raw.closed else self.raw.tell()


@contextmanager
def open_source(path: Path, mapping: SourceMapping) -> Iterator[Source]:
    """The records of the file; what it is follows from its name: .csv, .tsv, .jsonl, each with .gz, or .xlsx.

    Raises ImportRefused when it cannot be read, now or further on.
    """
    try:
        with ExitStack() as opened:
            raw = opened.enter_context(path.open("rb"))
            size = path.stat().st_size
            suffixes = [each.lower() for each in path.suffixes]
            kind = next((each for each in reversed(suffixes) if each != ".gz"), "")
            is_packed = suffixes[-1:] == [".gz"]
            binary = opened.enter_context(gzip.open(raw, "rb")) if is_packed else raw
            if kind in (".csv", ".tsv", ".txt"):
                # What is not in the encoding stays visible as lone surrogates: its rows are reported, byte for byte.
                text = io.TextIOWrapper(binary, encoding=mapping.encoding, errors="surrogateescape", newline="")
                yield _csv(path, raw, opened.enter_context(text), size, mapping)
            elif kind in (".jsonl", ".ndjson"):
                yield Source(path, (), size, raw, _json_lines(binary))
            elif kind == ".xlsx":
                yield _xlsx(path, raw, size, mapping)
            else:
                raise ImportRefused(f"{path.name} is neither .csv, .jsonl nor .xlsx (.gz may follow the first two).")
    except OSError as error:
        raise ImportRefused(f"{path} cannot be read: {error.strerror or error}.") from error
    except (EOFError, zlib.error, zipfile.BadZipFile, csv.Error, LookupError) as error:
        raise ImportRefused(f"{path} cannot be read: {error}.") from error


def _csv(path: Path, raw: IO[bytes], text: IO[str], size: int, mapping: SourceMapping) -> Source:
    reader = csv.reader(text, delimiter=mapping.delimiter)
    header = tuple(name.strip() for name in next(reader, []))
    if len(set(header)) < len(header):
        raise ImportRefused(f"{path.name} has two columns of the same name.")
    return Source(path, header, size, raw, _rows(reader, header))


def _rows(reader: Any, header: tuple[str, ...]) -> Iterator[Record]:
    width = len(header)
    for cells in reader:
        if len(cells) == width:
            yield Record(reader.line_num, dict(zip(header, cells, strict=True)))
        elif cells:
            message = f"The row has {len(cells)} cells, the header {width}."
            values = dict(zip(header, cells, strict=False)) | ({EXTRA: cells[width:]} if len(cells) > width else {})
            yield Record(reader.line_num, values, Fault("MALFORMED_ROW", "", message))


def _json_lines(binary: Iterable[bytes]) -> Iterator[Record]:
    for number, line in enumerate(binary, 1):
        if not line.strip():
            continue
        try:
            values = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            text = line.decode("utf-8", "surrogateescape").rstrip("\n")
            yield Record(number, {EXTRA: text}, Fault("MALFORMED_ROW", "", f"The line is not JSON: {error}."))
            continue
        if isinstance(values, dict):
            yield Record(number, values)
        else:
            yield Record(number, {EXTRA: values}, Fault("MALFORMED_ROW", "", "The line is not a JSON object."))


def _xlsx(path: Path, raw: IO[bytes], size: int, mapping: SourceMapping) -> Source:
    book = openpyxl.load_workbook(raw, read_only=True, data_only=True)
    if mapping.sheet and mapping.sheet not in book.sheetnames:
        raise ImportRefused(f"{path.name} has no sheet {mapping.sheet}.")
    sheet = book[mapping.sheet] if mapping.sheet else book[book.sheetnames[0]]
    rows = sheet.iter_rows(values_only=True)
    header = tuple(_cell(cell, mapping).strip() for cell in next(rows, ()))
    return Source(path, header, size, raw, _sheet_rows(rows, header, mapping))


def _sheet_rows(rows: Iterator[tuple[Any, ...]], header: tuple[str, ...], mapping: SourceMapping) -> Iterator[Record]:
    for number, cells in enumerate(rows, 2):
        if any(cell is not None for cell in cells):
            values = [_cell(cell, mapping) for cell in cells]
            yield Record(number, dict(zip(header, values, strict=False)))


def _cell(value: Any, mapping: SourceMapping) -> str:
    """A sheet's cell as a CSV file of the same mapping would show it; whole floats without a point."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat() if mapping.date_format == "iso" else value.strftime(mapping.date_format)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value).replace(".", mapping.decimal)
    return str(value)
