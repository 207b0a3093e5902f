"""The tracking page without a browser: what it shows, to whom, in which language, and what its forms do."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html.parser import HTMLParser

import httpx
import pytest
from structlog.testing import capture_logs

from domain.kernel.models import JobRow
from domain.orders.lifecycle import OrderStatus
from domain.returns.models import ReturnRow
from domain.shipping.lifecycle import TrackingStatus
from domain.tracking.models import TrackingLinkRow
from server.database import Database
from tests.api.client import Client, served
from tests.domain import shop
from tests.tracked import MAIL, NAME, POSTAL_CODE, STREET, Sale, seen, sold, sold_again
from web import tracking as page

HERE = {"Origin": "http://waybill.test", "Accept-Language": "en"}


@pytest.fixture
async def client(sqlite_database: Database) -> AsyncIterator[Client]:
    async with served(sqlite_database) as served_client:
        served_client.http.headers.update(HERE)
        yield served_client


@pytest.fixture
async def sale(client: Client) -> Sale:
    """A sale, whose link was opened."""
    made = await sold()
    await opened(client, made)
    return made


async def opened(client: Client, made: Sale) -> httpx.Response:
    """The answer to the link, whose cookie the client keeps."""
    return await client.http.get("/track", params={"token": made.token})


async def sent(client: Client, path: str, **fields: str) -> httpx.Response:
    """The answer to a form of the page."""
    return await client.http.post(f"/track/{path}", data=fields)


class Words(HTMLParser):
    """What is read on a page, without markup."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def texts(html: str) -> str:
    """The words of a page."""
    return " ".join(" ".join(Words(html).found).split())


async def test_a_link_becomes_a_cookie_and_leaves_the_address(client: Client) -> None:
    sale = await sold()
    answer = await opened(client, sale)
    assert (answer.status_code, answer.headers["location"]) == (303, "/track")
    assert (answer.headers["referrer-policy"], answer.headers["cache-control"]) == ("no-referrer", "no-store")
    cookie, *flags = answer.headers["set-cookie"].split("; ")
    assert cookie == f"waybill_tracking={sale.token}"
    assert [flag for flag in flags if not flag.startswith("Max-Age")] == ["HttpOnly", "Path=/", "SameSite=lax"]


async def test_over_tls_the_cookie_is_sent_over_tls_alone(client: Client) -> None:
    sale = await sold()
    answer = await client.http.get(f"https://waybill.test/track?token={sale.token}")
    assert "Secure" in answer.headers["set-cookie"].split("; ")


async def test_the_page_shows_the_order_and_nothing_of_the_buyer(client: Client, sale: Sale) -> None:
    await shop.ship(sale.order_id)
    await seen(sale.order_id, TrackingStatus.OUT_FOR_DELIVERY, "Croydon")
    answer = await client.http.get("/track")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    words = texts(answer.text)
    for text in (f"Order {sale.number}", "Your order is on its way.", "Out for delivery", "Croydon", "DHL", "2 × Mug"):
        assert text in words
    for secret in (NAME, STREET, POSTAL_CODE, MAIL, sale.token):
        assert secret not in answer.text


async def test_nobody_else_may_frame_keep_or_script_the_page(client: Client, sale: Sale) -> None:
    headers = (await client.http.get("/track")).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert headers["referrer-policy"] == "same-origin"


async def test_unknown_expired_and_missing_links_look_the_same(client: Client) -> None:
    sale = await sold()
    await TrackingLinkRow.all().update(expires_at=datetime.now(UTC))
    pages = []
    for token in (sale.token, "unknown", "\u00e9\n", None):
        if token is not None:
            answer = await client.http.get("/track", params={"token": token})
            assert answer.status_code == 303
            assert 'waybill_tracking=""' in answer.headers["set-cookie"]
        else:
            client.http.cookies.set("waybill_tracking", "stale", domain="waybill.test")
        answer = await client.http.get("/track")
        pages.append((answer.status_code, answer.text))
    assert len(set(pages)) == 1
    assert pages[0][0] == 404
    assert "This link does not open an order" in texts(pages[0][1])


async def test_a_link_that_opens_nothing_closes_the_one_before(client: Client, sale: Sale) -> None:
    await client.http.get("/track", params={"token": "unknown"})
    assert (await client.http.get("/track")).status_code == 404


@pytest.mark.parametrize(
    ("accepted", "chosen", "spoken"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", None, "de"),
        ("pt;q=1.0, fr;q=0.5, es;q=0.7", None, "es"),
        ("de;q=0, fr", None, "fr"),
        ("zh-CN", None, "en"),
        ("", None, "en"),
        ("de;q=what", None, "en"),
        ("de", "fr", "fr"),
        ("de", "xx", "de"),
    ],
)
async def test_the_page_speaks_the_readers_language(
    client: Client, sale: Sale, accepted: str, chosen: str | None, spoken: str
) -> None:
    asked = {"lang": chosen} if chosen else {}
    answer = await client.http.get("/track", params=asked, headers={"Accept-Language": accepted})
    assert f'<html lang="{spoken}">' in answer.text
    assert page.wanted(spoken, "")("ordered") in texts(answer.text)


async def test_the_buyer_calls_the_order_off(client: Client, sale: Sale) -> None:
    answer = await sent(client, "cancel", order=sale.number, proof="sw1a1aa", lang="de")
    assert (answer.status_code, answer.headers["location"]) == (303, "/track?said=canceled&lang=de")
    assert (await shop.order(sale.order_id)).status == OrderStatus.CANCELED
    words = texts((await client.http.get(answer.headers["location"])).text)
    assert "Ihre Bestellung ist storniert." in words
    assert "Im Moment nichts." in words


async def test_a_wrong_proof_changes_nothing_and_says_so(client: Client, sale: Sale) -> None:
    before = await shop.dump()
    answer = await sent(client, "cancel", order=sale.number, proof="10115")
    assert answer.status_code == 422
    assert '<p class="notice refusal" role="alert" id="notice">' in answer.text
    assert '<details id="cancel" open>' in answer.text
    after = await shop.dump()
    assert {name for name in after if after[name] != before.get(name)} == {"tracking_attempts"}


async def test_the_sixth_attempt_is_not_looked_at(client: Client, sale: Sale) -> None:
    for _ in range(5):
        await sent(client, "cancel", order=sale.number, proof="10115")
    assert (await sent(client, "cancel", order=sale.number, proof=POSTAL_CODE)).status_code == 429
    assert (await shop.order(sale.order_id)).status == OrderStatus.CONFIRMED


async def test_the_buyer_asks_for_a_return_once_however_often_they_press(client: Client, sale: Sale) -> None:
    await shop.deliver(sale.order_id)
    fields = {"order": sale.number, "units:MUG": "1", "reason": "Too blue.", "proof": MAIL, "returns": "0"}
    answers = [await sent(client, "return", **fields) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == ["/track?said=returned"] * 2
    assert await ReturnRow.all().count() == 1
    assert "Returns" in texts((await client.http.get("/track")).text)


async def test_what_was_filled_in_is_there_again_but_the_proof(client: Client, sale: Sale) -> None:
    await shop.deliver(sale.order_id)
    reason = 'Too <blue> & "wet"'
    answer = await sent(client, "return", order=sale.number, **{"units:MUG": "2"}, reason=reason, proof="10115")
    assert answer.status_code == 422
    assert "Too &lt;blue&gt; &amp; &quot;wet&quot;</textarea>" in answer.text
    assert 'name="units:MUG" value="2"' in answer.text
    assert "10115" not in answer.text


@pytest.mark.parametrize("fields", [{}, {"units:MUG": "0", "reason": "x"}, {"units:MUG": "1"}, {"units:MUG": "²"}])
async def test_a_return_of_nothing_is_not_asked_for(client: Client, sale: Sale, fields: dict[str, str]) -> None:
    await shop.deliver(sale.order_id)
    assert (await sent(client, "return", order=sale.number, proof=POSTAL_CODE, **fields)).status_code == 422
    assert await ReturnRow.all().count() == 0


async def test_a_page_of_another_order_changes_neither(client: Client, sale: Sale) -> None:
    other = await sold_again()
    await opened(client, other)
    answer = await sent(client, "cancel", order=sale.number, proof=POSTAL_CODE)
    assert answer.status_code == 409
    assert "Another tracking link was opened" in texts(answer.text)
    statuses = {(await shop.order(each.order_id)).status for each in (sale, other)}
    assert statuses == {OrderStatus.CONFIRMED}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_of_a_foreign_page_is_refused(client: Client, sale: Sale, headers: dict[str, str]) -> None:
    before = await shop.dump()
    fields = {"order": sale.number, "proof": POSTAL_CODE}
    assert (await client.http.post("/track/cancel", data=fields, headers=headers)).status_code == 403
    assert await shop.dump() == before


async def test_a_body_that_is_no_form_is_refused(client: Client, sale: Sale) -> None:
    for content, kind in [("{}", "application/json"), ("a=" + "x" * 20_001, "application/x-www-form-urlencoded")]:
        answer = await client.http.post("/track/cancel", content=content, headers={"Content-Type": kind})
        assert answer.status_code == 400


async def test_a_new_link_is_asked_for_and_the_answer_gives_nothing_away(client: Client) -> None:
    sale = await sold()
    answers = [
        await sent(client, "link", number=number, proof=proof)
        for number, proof in [(sale.number, POSTAL_CODE), (sale.number, "10115"), ("2222-2222-2222", POSTAL_CODE)]
    ]
    assert {(answer.status_code, answer.headers["location"], answer.text) for answer in answers} == {
        (303, "/track?said=requested", "")
    }
    assert await JobRow.filter(kind="send_tracking_link").count() == 1
    answer = await client.http.get("/track?said=requested")
    assert (answer.status_code, "It is not sent automatically yet" in texts(answer.text)) == (200, True)


async def test_one_address_asks_for_ten_links_an_hour(client: Client) -> None:
    await sold()
    codes = [(await sent(client, "link", number="x", proof="y")).status_code for _ in range(12)]
    assert codes == [303] * 10 + [429] * 2


async def test_what_is_waited_for_is_told_with_its_day(client: Client, sale: Sale) -> None:
    tracking = await tracked(client, sale)
    tracking["backorders"] = [{"sku": "MUG", "quantity": 1, "promisedAt": "2026-12-03T09:00:00.000Z"}]
    words = texts(page.page(page.wanted("es", ""), tracking))
    assert "Pendiente de llegada 1 × Mug , previsto para el 3 de diciembre de 2026" in words.replace(
        "1 × Mug,", "1 × Mug ,"
    )


async def tracked(client: Client, sale: Sale) -> dict[str, object]:
    """What the page is written from."""
    found: dict[str, object] = (await client.with_link(sale.token).data(page.operation("tracking")))["tracking"]
    return found


async def test_a_link_of_a_carrier_that_is_no_link_is_not_one(client: Client, sale: Sale) -> None:
    await shop.ship(sale.order_id)
    tracking: dict = await tracked(client, sale)
    parcel = tracking["shipments"][0]["parcels"][0]
    parcel |= {"trackingNumber": "1Z<9>", "trackingUrl": "javascript:alert(1)"}
    assert "javascript:" not in page.page(page.wanted("en", ""), tracking)
    parcel["trackingUrl"] = "https://carrier.example/?q=1"
    assert '<a href="https://carrier.example/?q=1" rel="noreferrer" class="number">1Z&lt;9&gt;' in page.page(
        page.wanted("en", ""), tracking
    )


async def test_the_token_reaches_no_log(client: Client) -> None:
    sale = await sold()
    with capture_logs() as lines:
        await opened(client, sale)
        await client.http.get("/track")
        await sent(client, "cancel", order=sale.number, proof=POSTAL_CODE)
    assert [line for line in lines if sale.token in str(line) or POSTAL_CODE in str(line)] == []
    assert [line["path"] for line in lines if line["event"] == "request.served"] == [
        "/track",
        "/track",
        "/track/cancel",
    ]
