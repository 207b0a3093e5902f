"""What became of the rows of an import, by kind: rows, units, money."""

from collections import Counter
from dataclasses import dataclass, field

from domain.flows.imported import ImportedOrder
from server.importing.translation import Rejection

GOODS, RETURNED = "goods", "goods taken back"


@dataclass
class Sum:
    """Rows of one kind, added up."""

    rows: int = 0
    units: int = 0
    minor: int = 0

    def add(self, rows: int, units: int, minor: int) -> None:
        """More of them."""
        self.rows += rows
        self.units += units
        self.minor += minor


@dataclass
class Tally:
    """Orders and rows by what became of them. Every row read is imported, already there, or reported."""

    orders_imported: int = 0
    orders_already_there: int = 0
    orders_reported: int = 0
    rows_imported: int = 0
    rows_already_there: int = 0
    rows_reported: int = 0
    kinds: dict[str, Sum] = field(default_factory=dict)
    reported: Counter[str] = field(default_factory=Counter)

    @property
    def rows_read(self) -> int:
        """All rows whose fate is known."""
        return self.rows_imported + self.rows_already_there + self.rows_reported

    @property
    def orders_read(self) -> int:
        """All orders whose fate is known."""
        return self.orders_imported + self.orders_already_there + self.orders_reported

    def imported(self, order: ImportedOrder, rows: int) -> None:
        """It is in the books now."""
        self.orders_imported += 1
        self.rows_imported += rows
        for line in order.lines:
            self._kind(GOODS).add(1, line.quantity, line.gross_minor)
        for goods in order.returned:
            self._kind(RETURNED).add(1, goods.quantity, -goods.credited_minor)
        for charge in order.charges:
            self._kind(f"charge: {charge.kind.lower()}").add(1, 0, charge.gross_minor)

    def already_there(self, rows: int) -> None:
        """It was in the books before."""
        self.orders_already_there += 1
        self.rows_already_there += rows

    def reject(self, rejection: Rejection) -> None:
        """It is in the error report."""
        self.orders_reported += 1
        self.rows_reported += len(rejection.faults)
        for faults in rejection.faults:
            self.reported[faults[0].code] += 1

    def _kind(self, name: str) -> Sum:
        return self.kinds.setdefault(name, Sum())
