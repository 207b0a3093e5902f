"""Rows to orders: rows of one reference belong together, though others may stand between them."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from server.importing.mapping import Mapping as ImportMapping
from server.importing.readers import Record, Source


@dataclass
class SourceOrder:
    """The rows of one order. `header` is where the order's own columns are; `lines` and `payments` may be nested."""

    reference: str
    records: list[Record]
    last_seen: int = 0
    payments: list[Mapping[str, Any]] = field(default_factory=list)
    lines: list[Record] = field(default_factory=list)

    @property
    def header(self) -> Mapping[str, Any]:
        """The columns of the order itself."""
        return self.records[0].values


def source_orders(source: Source, mapping: ImportMapping) -> Iterator[SourceOrder]:
    """The orders of the file, about in the order of their first rows.

    Memory is bounded: an order is closed when `look_ahead_rows` rows of others went by. A later row of it makes a
    second order of that reference, which the books refuse (ORDER_DIFFERS): it is reported, never added silently.
    """
    if mapping.source.lines:
        yield from _nested(source, mapping)
        return
    column, look_ahead = mapping.order.reference, mapping.source.look_ahead_rows
    waiting: OrderedDict[str, SourceOrder] = OrderedDict()
    for count, record in enumerate(source.records):
        reference = str(record.values.get(column, "")).strip()
        if not reference:
            # Part of no order that could be known: it is reported by itself.
            yield SourceOrder(reference, [record], lines=[record])
            continue
        order = waiting.get(reference)
        if order is None:
            waiting[reference] = order = SourceOrder(reference, [])
        else:
            waiting.move_to_end(reference)
        order.records.append(record)
        order.last_seen = count
        while (oldest := next(iter(waiting.values()))).last_seen < count - look_ahead:
            yield _flat(waiting.pop(oldest.reference))
    while waiting:
        yield _flat(waiting.popitem(last=False)[1])


def _flat(order: SourceOrder) -> SourceOrder:
    order.lines = order.records
    return order


def _nested(source: Source, mapping: ImportMapping) -> Iterator[SourceOrder]:
    for record in source.records:
        reference = str(record.values.get(mapping.order.reference, "")).strip()
        lines = _objects(record.values.get(mapping.source.lines))
        payments = _objects(record.values.get(mapping.source.payments))
        numbered = [Record(record.number, line) for line in lines]
        yield SourceOrder(reference, [record], lines=numbered, payments=payments)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
