"""Imports: files to orders in their final state, row errors back to the file, and the same file twice."""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from domain.catalog.models import ProductRow, VariantKind, VariantRow
from domain.channels.models import ChannelRow
from domain.customers.models import CustomerRow
from domain.kernel.bell import SilentBell
from domain.kernel.models import JobRow, LogRow
from domain.kernel.runner import Runner
from domain.locations.models import LocationKind, LocationRow
from domain.orders.lifecycle import ChargeStatus, FulfillmentStatus, OrderStatus, ReturnsStatus
from domain.orders.models import ChargeKind, ChargeRow, OrderLineRow, OrderOrigin, OrderRow, RequirementRow
from domain.payments.models import PaymentRow
from domain.returns.models import ReturnLineRow, ReturnRow
from domain.stock.models import StockLevelRow, StockMovementRow
from server.database import Database
from server.importing.faults import ImportRefused
from server.importing.landing import HistoryLander, Lander, channel_of, run_import
from server.importing.mapping import Mapping
from server.importing.mapping_file import read_mapping
from server.importing.opening import OpenLander
from server.importing.readers import Source
from server.importing.tally import Tally

HEADER = "order,placed,customer,sku,title,units,price"
MAPPING = """
[source]
time_zone = "Europe/Berlin"
[channel]
code = "web"
currency = "EUR"
[order]
reference = "order"
placed_at = "placed"
unpriced_without_customer = "report"
[customer]
reference = "customer"
[line]
sku = "sku"
title = "title"
quantity = "units"
unit_price = "price"
[credits]
reference = "C*"
[[charges]]
kind = "SHIPPING"
sku = ["POST*"]
[payment]
paid_in_full = true
default_method = "invoice"
"""


@dataclass
class Desk:
    """A folder with a mapping, where files are imported from."""

    folder: Path
    mapping_text: str = MAPPING

    def file(self, *rows: str, name: str = "orders.csv") -> Path:
        """A CSV file of these rows."""
        path = self.folder / name
        path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        return path

    @property
    def mapping(self) -> Mapping:
        """The mapping, as read from its file."""
        path = self.folder / "mapping.toml"
        path.write_text(self.mapping_text, encoding="utf-8")
        return read_mapping(path)

    @property
    def report(self) -> Path:
        """Where rejected rows are."""
        return self.folder / "orders.errors.csv"

    def reported(self) -> list[tuple[str, str, str]]:
        """Row, code and field of every reported row."""
        with self.report.open(encoding="utf-8", newline="") as file:
            return [(row["error_row"], row["error_code"], row["error_field"]) for row in csv.DictReader(file)]

    async def history(self, path: Path, *, dry_run: bool = False) -> Tally:
        """Import it as history."""
        return await self._run(path, HistoryLander(Runner(SilentBell()), channel_of(self.mapping), dry_run))

    async def open(self, path: Path) -> Tally:
        """Import it as open orders."""
        return await self._run(path, await OpenLander.open(Runner(SilentBell()), self.mapping.channel, False))

    async def _run(self, path: Path, lander: Lander) -> Tally:
        return await run_import(path, self.mapping, lander, self.report, _unwatched)


async def _unwatched(source: Source, tally: Tally) -> None:
    """Nobody looks at the progress."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_a_history_order_lands_completed_delivered_and_paid_without_stock_jobs_or_mail(
    database: Database, desk: Desk
) -> None:
    tally = await desk.history(
        desk.file("A1,2020-05-01 10:00:00,kim,TEA,Tea,2,7.50", "A1,2020-05-01 10:00:00,kim,POST,Postage,1,4.00")
    )
    assert (tally.orders_imported, tally.rows_imported, tally.rows_reported) == (1, 2, 0)
    order = await OrderRow.get(external_reference="A1")
    assert (order.status, order.fulfillment_status, order.charge_status, order.origin) == (
        OrderStatus.COMPLETED,
        FulfillmentStatus.DELIVERED,
        ChargeStatus.FULL,
        OrderOrigin.IMPORTED_HISTORY,
    )
    assert (order.subtotal_minor, order.charges_minor, order.total_minor) == (1500, 400, 1900)
    assert order.placed_at == datetime(2020, 5, 1, 8, tzinfo=UTC)
    assert order.recorded_at > datetime(2026, 1, 1, tzinfo=UTC)
    requirement = await RequirementRow.get(order_id=order.id)
    assert (requirement.required, requirement.shipped, requirement.delivered) == (2, 2, 2)
    assert [(row.kind, row.gross_minor) for row in await ChargeRow.all()] == [(ChargeKind.SHIPPING, 400)]
    assert [(row.type, row.sequence) for row in await LogRow.filter(order_id=order.id)] == [("OrderImported", 1)]
    assert (await CustomerRow.get(id=order.customer_id)).external_reference == "kim"
    assert (await PaymentRow.get(order_id=order.id)).captured_minor == 1900
    assert await JobRow.all().count() == 0
    assert await StockMovementRow.all().count() == 0


async def test_importing_a_file_twice_adds_nothing(database: Database, desk: Desk) -> None:
    file = desk.file("A1,2020-05-01,kim,TEA,Tea,2,7.50", "C1,2020-05-02,kim,TEA,Tea,-1,7.50")
    await desk.history(file)
    before = [
        await model.all().count() for model in (OrderRow, OrderLineRow, ChargeRow, ReturnRow, LogRow, CustomerRow)
    ]
    tally = await desk.history(file)
    assert (tally.orders_imported, tally.orders_already_there, tally.rows_already_there) == (0, 2, 2)
    after = [await model.all().count() for model in (OrderRow, OrderLineRow, ChargeRow, ReturnRow, LogRow, CustomerRow)]
    assert after == before == [2, 1, 1, 1, 3, 1]


async def test_a_wrong_row_rejects_its_whole_order_and_no_other(database: Database, desk: Desk) -> None:
    tally = await desk.history(
        desk.file(
            "A1,2020-05-01,kim,TEA,Tea,2,7.50",
            "A1,2020-05-01,kim,CUP,Cup,many,3",
            "A2,yesterday,lee,,Tea,1,1e3",
            "A3,2020-05-01,lee,CUP,Cup,1,3.00",
            ",2020-05-01,lee,CUP,Cup,1,3.00",
            "A4,2020-05-01,lee,CUP,Cup,-1,3.00",
            "A5,2020-05-01,lee,CUP",
        )
    )
    assert (tally.rows_imported, tally.rows_reported, tally.rows_read) == (1, 6, 7)
    assert [order.external_reference for order in await OrderRow.all()] == ["A3"]
    assert sorted(desk.reported()) == [
        ("2", "ORDER_HAS_ERRORS", ""),
        ("3", "NOT_A_QUANTITY", "units"),
        ("4", "NOT_A_TIME MISSING_SKU", "placed sku"),
        ("6", "MISSING_REFERENCE", "order"),
        ("7", "QUANTITY_OUT_OF_RANGE", "units"),
        ("8", "MALFORMED_ROW", ""),
    ]


async def test_the_error_report_corrected_and_given_again_imports_the_rest(database: Database, desk: Desk) -> None:
    file = desk.file("A1,2020-05-01,kim,TEA,Tea,2,7.50", "A1,2020-05-01,kim,CUP,Cup,many,3")
    await desk.history(file)
    corrected = desk.folder / "corrected.csv"
    corrected.write_text(desk.report.read_text().replace("many", "4"))
    tally = await desk.history(corrected)
    assert (tally.orders_imported, tally.rows_imported) == (1, 2)
    assert (await OrderRow.get(external_reference="A1")).total_minor == 2700
    assert not desk.report.exists()


async def test_a_dry_run_checks_everything_and_writes_nothing(database: Database, desk: Desk) -> None:
    file = desk.file("A1,2020-05-01,kim,TEA,Tea,2,7.50", "A2,2020-05-01,kim,TEA,Tea,x,7.50")
    tally = await desk.history(file, dry_run=True)
    assert (tally.rows_imported, tally.rows_reported) == (1, 1)
    assert desk.reported() == [("3", "NOT_A_QUANTITY", "units")]
    assert [await model.all().count() for model in (OrderRow, CustomerRow, ChannelRow, LogRow)] == [0, 0, 0, 0]


async def test_goods_on_a_credit_note_come_back_from_the_latest_earlier_sale_at_that_price(
    database: Database, desk: Desk
) -> None:
    await desk.history(
        desk.file(
            "A1,2020-05-01,kim,TEA,Tea,5,7.50",
            "A2,2020-05-02,kim,TEA,Tea,5,7.50",
            "A3,2020-05-03,kim,TEA,Tea,5,6.00",
            "C9,2020-05-04,kim,TEA,Tea,-5,7.50",
            "C9,2020-05-04,kim,POST,Postage,-1,4.00",
            "A4,2020-05-05,kim,TEA,Tea,5,7.50",
        )
    )
    note = await OrderRow.get(external_reference="C9")
    assert (note.total_minor, note.subtotal_minor, note.status) == (-4150, 0, OrderStatus.COMPLETED)
    charges = await ChargeRow.filter(order_id=note.id).order_by("position")
    assert [(row.kind, row.title, row.gross_minor) for row in charges] == [
        (ChargeKind.SHIPPING, "Postage", -400),
        (ChargeKind.ADJUSTMENT, "-5 × TEA Tea", -3750),
    ]
    sale = await OrderRow.get(external_reference="A2")
    assert (sale.return_status, sale.version) == (ReturnsStatus.RETURNED, 2)
    [back] = await ReturnRow.all()
    assert (back.order_id, back.status, back.reason) == (sale.id, "COMPLETED", "Credit note C9")
    line = await ReturnLineRow.get(rma_id=back.id)
    assert (line.received, line.refund_minor) == (5, 3750)
    requirement = await RequirementRow.get(order_id=sale.id)
    assert (requirement.returned, requirement.released_minor) == (5, 3750)


async def test_units_are_taken_back_from_a_sale_once_however_many_notes_ask(database: Database, desk: Desk) -> None:
    await desk.history(
        desk.file(
            "A1,2020-05-01,kim,TEA,Tea,5,7.50",
            "C1,2020-05-02,kim,TEA,Tea,-2,7.50",
            "C1,2020-05-02,kim,TEA,Tea,-1,7.50",
            "C2,2020-05-03,kim,TEA,Tea,-3,7.50",
        )
    )
    requirement = await RequirementRow.get(sku="TEA")
    assert (requirement.returned, requirement.released_minor) == (3, 2250)
    assert [row.received for row in await ReturnLineRow.all()] == [3]
    assert (await OrderRow.get(external_reference="A1")).return_status == ReturnsStatus.PARTIALLY_RETURNED
    assert (await OrderRow.get(external_reference="C2")).total_minor == -2250


async def test_goods_without_a_known_sale_stay_on_the_credit_note_alone(database: Database, desk: Desk) -> None:
    await desk.history(desk.file("C1,2020-05-02,,TEA,Tea,-2,7.50", "C2,2020-05-02,kim,TEA,Tea,-2,7.50"))
    assert [order.total_minor for order in await OrderRow.all()] == [-1500, -1500]
    assert await ReturnRow.all().count() == 0


async def test_rows_of_one_order_may_have_others_between_them(database: Database, desk: Desk) -> None:
    await desk.history(
        desk.file("A1,2020-05-01,kim,TEA,Tea,1,1", "A2,2020-05-01,kim,TEA,Tea,1,1", "A1,2020-05-01,kim,CUP,Cup,1,1")
    )
    orders = await OrderRow.all().order_by("external_reference").values_list("external_reference", "total_minor")
    assert orders == [("A1", 200), ("A2", 100)]


async def test_a_row_too_far_from_its_order_is_reported_and_never_a_second_order(
    database: Database, desk: Desk
) -> None:
    desk.mapping_text = MAPPING.replace("[source]", "[source]\nlook_ahead_rows = 2")
    others = [f"B{n},2020-05-01,kim,TEA,Tea,1,1" for n in range(4)]
    file = desk.file("A1,2020-05-01,kim,TEA,Tea,1,1", *others, "A1,2020-05-01,kim,CUP,Cup,1,2")
    for _ in range(2):
        await desk.history(file)
        assert desk.reported() == [("7", "ORDER_DIFFERS", "")]
        assert (await OrderRow.get(external_reference="A1")).total_minor == 100


async def test_corrections_of_stock_are_no_orders(database: Database, desk: Desk) -> None:
    tally = await desk.history(
        desk.file("A1,2020-05-01,,TEA,damaged,-3,0", "A2,2020-05-01,kim,TEA,Tea,3,0", "A3,2020-05-01,,TEA,found,3,0.0")
    )
    assert tally.reported == {"STOCK_ADJUSTMENT": 2}
    assert await OrderRow.all().values_list("external_reference", "total_minor") == [("A2", 0)]


async def test_a_line_is_rounded_once_half_up_to_the_cent(database: Database, desk: Desk) -> None:
    await desk.history(desk.file("A1,2020-05-01,kim,NUT,Nut,3,0.005", "A1,2020-05-01,kim,NUT,Nut,1,0.001"))
    lines = await OrderLineRow.all().order_by("position").values_list("quantity", "unit_price_minor", "gross_minor")
    assert lines == [(3, 1, 2), (1, 0, 0)]


async def test_bytes_that_are_not_in_the_encoding_are_reported_as_they_came(database: Database, desk: Desk) -> None:
    file = desk.file("A1,2020-05-01,kim,TEA,Tea,1,1")
    file.write_bytes(file.read_bytes().replace(b",Tea,", b",T\xe9,"))
    await desk.history(file)
    assert b",T\xe9,1,1,2,NOT_IN_ENCODING,title," in desk.report.read_bytes()
    assert await OrderRow.all().count() == 0


async def test_a_sheet_and_json_lines_say_the_same_as_csv(database: Database, desk: Desk) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADER.split(","))
    book.active.append(["X1", datetime(2020, 5, 1, 10), "kim", "TEA", "Tea", 2, 7.5])
    book.save(desk.folder / "orders.xlsx")
    json_lines = desk.folder / "orders.jsonl"
    json_lines.write_text(
        '{"order":"J1","placed":"2020-05-01T10:00:00","customer":"kim","sku":"TEA","title":"Tea","units":2,"price":7.5}\n'
    )
    await desk.history(desk.folder / "orders.xlsx")
    await desk.history(json_lines)
    rows = (
        await OrderRow.all()
        .order_by("external_reference")
        .values_list("external_reference", "total_minor", "placed_at")
    )
    at = datetime(2020, 5, 1, 8, tzinfo=UTC)
    assert rows == [("J1", 1500, at), ("X1", 1500, at)]


NESTED = """
[source]
lines = "items"
payments = "paid"
[channel]
code = "market"
currency = "BRL"
[order]
reference = "id"
placed_at = "at"
[line]
sku = "sku"
quantity = "n"
unit_price = "price"
[status]
column = "state"
values = { delivered = "DELIVERED", shipped = "SHIPPED", canceled = "CANCELED", processing = "CONFIRMED" }
[shipment]
shipped_at = "sent"
delivered_at = "came"
[payment]
method = "how"
amount = "value"
"""


@pytest.mark.parametrize(
    ("state", "status", "fulfillment", "counters", "paid"),
    [
        ("delivered", OrderStatus.COMPLETED, FulfillmentStatus.DELIVERED, (0, 0, 2, 2), 500),
        ("shipped", OrderStatus.CONFIRMED, FulfillmentStatus.SHIPPED, (0, 0, 2, 0), 500),
        ("processing", OrderStatus.CONFIRMED, FulfillmentStatus.UNFULFILLED, (0, 2, 0, 0), 500),
        ("canceled", OrderStatus.CANCELED, FulfillmentStatus.UNFULFILLED, (2, 0, 0, 0), 0),
    ],
)
async def test_a_nested_order_lands_as_far_as_its_source_says(
    sqlite_database: Database,
    desk: Desk,
    state: str,
    status: OrderStatus,
    fulfillment: FulfillmentStatus,
    counters: tuple[int, int, int, int],
    paid: int,
) -> None:
    desk.mapping_text = NESTED
    file = desk.folder / "orders.jsonl"
    file.write_text(
        f'{{"id":"M1","at":"2020-05-01T10:00:00Z","state":"{state}","sent":"2020-05-02T10:00:00Z",'
        '"items":[{"sku":"A","n":2,"price":"2.50"}],"paid":[{"how":"card","value":"3"},{"how":"slip","value":2}]}\n'
    )
    assert (await desk.history(file)).orders_imported == 1
    order = await OrderRow.get(external_reference="M1")
    assert (order.status, order.fulfillment_status, order.total_minor) == (status, fulfillment, 500)
    row = await RequirementRow.get(order_id=order.id)
    assert (row.canceled, row.unallocated, row.shipped, row.delivered) == counters
    payments = await PaymentRow.all()
    assert (sum(each.captured_minor for each in payments), sum(each.expected_minor for each in payments)) == (paid, 500)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('"EUR"', '"EURO"'), '"EURO" is not an ISO 4217 currency code such as EUR.'),
        (('sku = "sku"', ""), "[line] of the mapping lacks `sku`."),
        (("[order]", "[order]\nnumber = 1"), "[order] of the mapping has an entry `number` that means nothing here."),
        (('"SHIPPING"', '"POSTAGE"'), '"POSTAGE" is no kind of charge: use SHIPPING, FEE, ADJUSTMENT.'),
        (('"Europe/Berlin"', '"Mars"'), '"Mars" is not an IANA time zone such as Europe/London.'),
    ],
)
def test_a_mapping_that_cannot_be_used_says_where(desk: Desk, change: tuple[str, str], sentence: str) -> None:
    desk.mapping_text = MAPPING.replace(*change)
    with pytest.raises(ImportRefused) as refused:
        _ = desk.mapping
    assert str(refused.value) == sentence


async def test_a_file_without_a_mapped_column_is_refused_before_anything_is_written(
    sqlite_database: Database, desk: Desk
) -> None:
    desk.mapping_text = MAPPING.replace('"units"', '"pieces"')
    with pytest.raises(ImportRefused, match="has no column pieces"):
        await desk.history(desk.file("A1,2020-05-01,kim,TEA,Tea,1,1"))
    assert await ChannelRow.all().count() == 0


async def _shop() -> None:
    """A channel, a location, and 3 units of TEA."""
    now = datetime.now(UTC)
    await ChannelRow.create(code="web", name="Web", currency="EUR", legal_entity="W", time_zone="UTC")
    place = await LocationRow.create(
        code="ber",
        name="Berlin",
        kind=LocationKind.WAREHOUSE,
        legal_entity="W",
        time_zone="UTC",
        country_code="DE",
        postal_code="1",
        city="B",
        street="S",
    )
    product = await ProductRow.create(handle="tea", title="Tea", created_at=now)
    variant = await VariantRow.create(product_id=product.id, sku="TEA", title="Tea", kind=VariantKind.PHYSICAL)
    await StockLevelRow.create(location_id=place.id, variant_id=variant.id, sku="TEA", on_hand=3, updated_at=now)


async def test_open_orders_take_stock_like_any_other_and_are_reported_when_there_is_none(
    database: Database, desk: Desk
) -> None:
    await _shop()
    file = desk.file(
        "A1,2020-05-01,,TEA,Tea,2,7.50",
        "A2,2020-05-01,,TEA,Tea,2,7.50",
        "A3,2020-05-01,,NONE,None,1,1",
        "C1,2020-05-01,,TEA,Tea,-1,7.50",
    )
    tally = await desk.open(file)
    assert (tally.orders_imported, tally.orders_reported) == (1, 3)
    assert [code for _, code, _ in desk.reported()] == ["INSUFFICIENT_STOCK", "UNKNOWN_SKU", "CREDIT_NOTE"]
    order = await OrderRow.get(external_reference="A1")
    assert (order.origin, order.status, order.total_minor) == (OrderOrigin.IMPORTED_OPEN, OrderStatus.CONFIRMED, 1500)
    assert (await StockLevelRow.get(sku="TEA")).allocated == 2
    again = await desk.open(file)
    assert (again.orders_imported, again.orders_already_there, again.orders_reported) == (0, 1, 3)
    assert (await StockLevelRow.get(sku="TEA")).allocated == 2
