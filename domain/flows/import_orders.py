"""Take orders over from another system, as they stood there: no stock moves, no mail goes out, nothing follows."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from tortoise.functions import Count

from domain.catalog.models import VariantRow
from domain.channels.models import ChannelRow
from domain.customers.models import CustomerRow
from domain.flows.import_credit_notes import book_returned_goods
from domain.flows.imported import ImportBatch, ImportChannel, ImportedCustomer, ImportedOrder, ImportResult
from domain.flows.imported_rows import NewRows, Origin
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders.events import OrderImported
from domain.orders.models import ChargeRow, OrderLineRow, OrderRow


async def import_orders(tx: UnitOfWork, batch: ImportBatch) -> list[ImportResult]:
    """What became of each order: imported, already there, or there with other contents (and then left alone).

    An order is known by its channel and its reference there, so the same batch given twice adds nothing.
    """
    tx.actor.require(Permission.MANAGE_ORDERS)
    channel = await _channel(batch.channel)
    known = await shapes(channel.id, [order.reference for order in batch.orders])
    results, fresh = [], []
    for order in batch.orders:
        if order.reference not in known:
            known[order.reference] = shape(order)
            fresh.append(order)
            results.append(ImportResult.IMPORTED)
        else:
            same = known[order.reference] == shape(order)
            results.append(ImportResult.ALREADY_THERE if same else ImportResult.DIFFERS)
    if fresh:
        await _land(tx, channel, fresh)
    return results


async def _land(tx: UnitOfWork, channel: ChannelRow, orders: Sequence[ImportedOrder]) -> None:
    origin = Origin(channel.id, tx.now, tx.actor.principal, await _customers(tx, orders), await _variants(orders))
    rows = NewRows()
    for order in orders:
        tx.record(OrderImported(order_id=rows.add(order, origin).id))
    await rows.insert()
    await book_returned_goods(tx, channel.id, origin.customers, orders)


async def _channel(wanted: ImportChannel) -> ChannelRow:
    """The channel of that code, made when there is none. Raises InvalidInput when it sells in another currency."""
    channel = await ChannelRow.get_or_none(code=wanted.code)
    if channel is None:
        return await ChannelRow.create(
            code=wanted.code,
            name=wanted.name,
            currency=wanted.currency,
            legal_entity=wanted.legal_entity,
            time_zone=wanted.time_zone,
        )
    if channel.currency != wanted.currency:
        raise InvalidInput(f"The channel {channel.code} sells in {channel.currency}, not in {wanted.currency}.")
    return channel


# What an order known by its reference must agree in to be the same one: total, lines, charges.
Shape = tuple[int, int, int]


def shape(order: ImportedOrder) -> Shape:
    """What an order in the books with its reference must look like to be the same one."""
    return order.total_minor, len(order.lines), len(order.all_charges)


async def shapes(channel_id: UUID, references: Sequence[str]) -> dict[str, Shape]:
    """The orders of the channel that are in the books already, and their shapes."""
    there = OrderRow.filter(channel_id=channel_id, external_reference__in=references)
    found = await there.values_list("id", "external_reference", "total_minor")
    if not found:
        return {}
    ids = [order_id for order_id, _, _ in found]
    lines = await _count(OrderLineRow, ids)
    charges = await _count(ChargeRow, ids)
    return {name: (total, lines.get(order_id, 0), charges.get(order_id, 0)) for order_id, name, total in found}


async def _count(part: type[OrderLineRow] | type[ChargeRow], order_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    counted = part.filter(order_id__in=order_ids).annotate(parts=Count("id")).group_by("order_id")
    return dict(await counted.values_list("order_id", "parts"))


async def _variants(orders: Sequence[ImportedOrder]) -> dict[str, UUID]:
    """The catalog's variants of these SKUs; history may well know more."""
    skus = {line.sku for order in orders for line in order.lines}
    return dict(await VariantRow.filter(sku__in=sorted(skus)).values_list("sku", "id")) if skus else {}


async def _customers(tx: UnitOfWork, orders: Sequence[ImportedOrder]) -> dict[str, UUID]:
    """The customers of these orders by their key, those we did not know made now."""
    wanted: dict[str, ImportedCustomer] = {}
    for order in orders:
        if order.customer:
            wanted.setdefault(order.customer.key, order.customer)
    if not wanted:
        return {}
    references = [each.reference for each in wanted.values() if each.reference]
    emails = [each.email for each in wanted.values() if each.email]
    by_reference = dict(
        await CustomerRow.filter(external_reference__in=references).values_list("external_reference", "id")
    )
    by_email = dict(await CustomerRow.filter(email__in=emails).values_list("email", "id")) if emails else {}
    found: dict[str, UUID] = {}
    made = []
    for key, customer in wanted.items():
        known = by_reference.get(customer.reference) or by_email.get(customer.email)
        if known is None:
            known = new_id()
            made.append(
                CustomerRow(
                    id=known,
                    email=customer.email,
                    name=customer.name,
                    external_reference=customer.reference,
                    created_at=tx.now,
                )
            )
            # Two ids elsewhere may share one address: our customers do not.
            if customer.email:
                by_email[customer.email] = known
        found[key] = known
    await CustomerRow.bulk_create(made, batch_size=500)
    return found
