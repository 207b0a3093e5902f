"""The error report: the rows that were not imported, as they came, with why. Corrected, it is given to import again."""

import csv
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import orjson

from server.importing.faults import Fault, ImportRefused
from server.importing.readers import EXTRA
from server.importing.translation import Rejection

COLUMNS = ("error_row", "error_code", "error_field", "error_message")


class ErrorReport:
    """Rejected rows in a file of the same kind as the source: CSV for tables, JSON Lines for JSON Lines.

    It is written beside `path` and takes that name when the import has ended, or was stopped: an import that is killed
    leaves the last complete report alone. Without a rejected row there is no file.
    """

    def __init__(self, path: Path, columns: tuple[str, ...], *, encoding: str, delimiter: str) -> None:
        self.path = path
        self.columns = tuple(name for name in columns if name not in COLUMNS)
        self.is_table = bool(columns)
        self.encoding, self.delimiter = encoding, delimiter
        self.rows = 0
        self._partial = path.with_name(f"{path.name}.part")
        self._file: IO[str] | None = None
        self._csv: Any = None

    def __enter__(self) -> "ErrorReport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()
            self._partial.replace(self.path)
        elif kind is None:
            self.path.unlink(missing_ok=True)  # of an earlier run: nothing of it is wrong any more

    def write(self, rejection: Rejection) -> None:
        """All rows of the order, each with what is wrong with it."""
        for record, faults in zip(rejection.order.records, rejection.faults, strict=True):
            self._write(record.number, record.values, faults)

    def _write(self, number: int, values: Any, faults: tuple[Fault, ...]) -> None:
        file = self._open()
        errors = (
            number,
            " ".join(dict.fromkeys(fault.code for fault in faults)),
            " ".join(dict.fromkeys(fault.field for fault in faults if fault.field)),
            " ".join(dict.fromkeys(fault.message for fault in faults)),
        )
        if self.is_table:
            cells = [values.get(name, "") for name in self.columns]
            self._csv.writerow([*cells, *errors, *values.get(EXTRA, ())])
        else:
            record = values if EXTRA not in values else {"unreadable": str(values[EXTRA])}
            line = orjson.dumps(_clean({**record, **dict(zip(COLUMNS, errors, strict=True))})).decode()
            file.write(f"{line}\n")
        self.rows += 1

    def _open(self) -> IO[str]:
        if self._file is None:
            try:
                # Bytes that were not in the encoding go back as they came.
                self._file = self._partial.open("w", encoding=self.encoding, errors="surrogateescape", newline="")
            except OSError as error:
                raise ImportRefused(f"The error report {self.path} cannot be written: {error.strerror}.") from error
            if self.is_table:
                self._csv = csv.writer(self._file, delimiter=self.delimiter)
                self._csv.writerow([*self.columns, *COLUMNS])
        return self._file


def _clean(value: dict[str, Any]) -> dict[str, Any]:
    """The same texts without lone surrogates, which JSON cannot hold."""
    return {
        name: text.encode("utf-8", "replace").decode() if isinstance(text, str) else text
        for name, text in value.items()
    }


def default_report_path(source: Path) -> Path:
    """Where the report of this file goes: `orders.csv.gz` is reported in `orders.errors.csv`."""
    name = source.name.removesuffix(".gz")
    stem, _, suffix = name.rpartition(".")
    ending = suffix if suffix in ("jsonl", "ndjson") else "csv"
    return source.with_name(f"{stem or name}.errors.{ending}")
