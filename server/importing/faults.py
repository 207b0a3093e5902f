"""What can be wrong with an import: with all of it, or with one row."""

from dataclasses import dataclass


class ImportRefused(Exception):
    """The import cannot begin, or not go on: the mapping or the file cannot be used. The sentence says why."""


@dataclass(frozen=True)
class Fault:
    """Why one row is not imported: a stable code, the column at fault, and a sentence."""

    code: str
    field: str
    message: str


class RowFault(Exception):
    """Raised where a cell is read; becomes the row's Fault."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(code, field, message)
