"""Credit notes of another system: which sale their goods came back from."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.expressions import F
from tortoise.functions import Sum

from domain.flows.imported import ImportedOrder, ReturnedGoods
from domain.kernel.ids import new_id
from domain.kernel.numbers import new_number
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders.lifecycle import ReturnsStatus
from domain.orders.models import OrderRow, RequirementRow
from domain.returns.events import ReturnCompleted
from domain.returns.lifecycle import ReceiptStatus, Resolution, ReturnStatus
from domain.returns.models import ReturnLineRow, ReturnRow


@dataclass
class Sale:
    """A sold line that units may still come back from."""

    requirement_id: UUID
    order_id: UUID
    sku: str
    currency: str
    placed_at: datetime
    units_left: int
    money_left_minor: int

    def take(self, goods: ReturnedGoods) -> None:
        """Units come back from it, for what the credit note gives."""
        self.units_left -= goods.quantity
        self.money_left_minor -= goods.credited_minor


# Customer, SKU and unit price: what a sale and the goods that come back from it have in common.
SaleKey = tuple[UUID, str, int]


def matching_sale(sales: Sequence[Sale], goods: ReturnedGoods, credited_at: datetime) -> Sale | None:
    """The latest earlier sale with enough units left, or None; `sales` have the same customer, SKU and unit price."""
    fitting = (
        sale
        for sale in sales
        if sale.placed_at <= credited_at
        and sale.units_left >= goods.quantity
        and sale.money_left_minor >= goods.credited_minor
    )
    return max(fitting, key=lambda sale: (sale.placed_at, sale.requirement_id), default=None)


async def book_returned_goods(
    tx: UnitOfWork, channel_id: UUID, customers: Mapping[str, UUID], orders: Sequence[ImportedOrder]
) -> None:
    """Book the goods of these credit notes as completed returns of the sales that they came from, where one is found.

    The money stands on the credit note, so no refund is owed. Goods that no sale is found for stay on the note alone.
    """
    notes = sorted((each for each in orders if each.returned and each.customer), key=lambda note: note.placed_at)
    if not notes:
        return
    owners = {note.reference: customers[note.customer.key] for note in notes if note.customer}
    skus = {goods.sku for note in notes for goods in note.returned}
    sales = await _open_sales(channel_id, set(owners.values()), skus)
    returns: list[ReturnRow] = []
    lines: list[ReturnLineRow] = []
    for note in notes:
        rows: dict[UUID, ReturnRow] = {}
        by_requirement: dict[UUID, ReturnLineRow] = {}
        for goods in note.returned:
            key = (owners[note.reference], goods.sku, goods.unit_price_minor)
            sale = matching_sale(sales.get(key, ()), goods, note.placed_at)
            if sale is None:
                continue
            sale.take(goods)
            row = rows.setdefault(sale.order_id, _return_row(sale.order_id, note))
            line = by_requirement.setdefault(sale.requirement_id, _return_line(row, sale))
            line.quantity += goods.quantity
            line.received += goods.quantity
            line.refund_minor += goods.credited_minor
        returns += rows.values()
        lines += by_requirement.values()
    tx.record(*(ReturnCompleted(order_id=row.order_id, return_id=row.id) for row in returns))
    await ReturnRow.bulk_create(returns, batch_size=500)
    await ReturnLineRow.bulk_create(lines, batch_size=500)
    await _take_units(lines)
    await _roll_up(sorted({row.order_id for row in returns}))


async def _open_sales(channel_id: UUID, customers: set[UUID], skus: set[str]) -> dict[SaleKey, list[Sale]]:
    """What these customers bought of these SKUs and have not sent back, their orders locked until the commit."""
    open_lines = RequirementRow.filter(
        order__customer_id__in=sorted(customers),
        order__channel_id=channel_id,
        sku__in=sorted(skus),
        returned__lt=F("shipped"),
        units_per_item=1,
    )
    order_ids = sorted(set(await open_lines.values_list("order_id", flat=True)))
    await OrderRow.filter(id__in=order_ids).order_by("id").select_for_update().only("id")
    columns = ("id", "order_id", "currency", "shipped", "returned", "gross_minor", "released_minor")
    of_order = ("order__placed_at", "order__customer_id", "sku", "line__unit_price_minor")
    found: dict[SaleKey, list[Sale]] = defaultdict(list)
    for row in await open_lines.values_list(*columns, *of_order):
        requirement_id, order_id, currency, shipped, returned, gross, released, placed_at, customer_id, sku, price = row
        sale = Sale(requirement_id, order_id, sku, currency, placed_at, shipped - returned, gross - released)
        found[customer_id, sku, price].append(sale)
    return found


def _return_row(order_id: UUID, note: ImportedOrder) -> ReturnRow:
    return ReturnRow(
        id=new_id(),
        order_id=order_id,
        number=f"R-{new_number()}",
        status=ReturnStatus.COMPLETED,
        # A credit note is money owed and kept: what became of it stands on the note.
        resolution=Resolution.STORE_CREDIT,
        reason=f"Credit note {note.reference}",
        units_awaited=0,
        requested_at=note.placed_at,
        received_at=note.placed_at,
        completed_at=note.placed_at,
    )


def _return_line(row: ReturnRow, sale: Sale) -> ReturnLineRow:
    """A line without units yet."""
    return ReturnLineRow(
        rma_id=row.id,
        order_id=sale.order_id,
        requirement_id=sale.requirement_id,
        sku=sale.sku,
        quantity=0,
        received=0,
        receipt_status=ReceiptStatus.RECEIVED,
        currency=sale.currency,
        refund_minor=0,
    )


async def _take_units(lines: Sequence[ReturnLineRow]) -> None:
    taken: dict[UUID, tuple[int, int]] = {}
    for line in lines:
        units, money = taken.get(line.requirement_id, (0, 0))
        taken[line.requirement_id] = (units + line.received, money + line.refund_minor)
    for requirement_id, (units, money) in sorted(taken.items()):
        changed = await RequirementRow.filter(id=requirement_id).update(
            returned=F("returned") + units, released_minor=F("released_minor") + money
        )
        assert changed == 1, "a return without a sale"


async def _roll_up(order_ids: Sequence[UUID]) -> None:
    """How far the goods of these orders have come back."""
    units = RequirementRow.filter(order_id__in=order_ids).annotate(sent=Sum("shipped"), back=Sum("returned"))
    statuses: dict[ReturnsStatus, list[UUID]] = defaultdict(list)
    for order_id, sent, back in await units.group_by("order_id").values_list("order_id", "sent", "back"):
        status = ReturnsStatus.RETURNED if back == sent else ReturnsStatus.PARTIALLY_RETURNED
        statuses[status].append(order_id)
    for status, of_status in sorted(statuses.items()):
        await OrderRow.filter(id__in=of_status).update(return_status=status)
