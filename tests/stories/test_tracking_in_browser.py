"""The tracking page in a browser: it changes by itself, comes back from tunnels, and can be read by everybody."""

import asyncio
import gzip
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.orders.lifecycle import OrderStatus
from domain.shipping.lifecycle import TrackingStatus
from server.database import open_database
from tests.browser import Tab, tab
from tests.domain import shop
from tests.stories.accessible import CONTRAST, FAULTS
from tests.stories.serving import ServerProcess, server_process
from tests.tracked import POSTAL_CODE, Sale, seen, sold_again
from web import tracking as page

pytestmark = pytest.mark.timeout(300)
LONGEST_SCRIPT = 30_000
# Where a developer wants to look at the page, and not only to have it looked at.
PICTURES = os.environ.get("WAYBILL_TEST_PICTURES")
LIVE = "document.querySelector('#live.on')"


@pytest.fixture(scope="module")
async def shop_url(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The database of a shop that the tests write to while a server serves it."""
    url = f"sqlite://{shutil.copy(sqlite_template, tmp_path_factory.mktemp('page') / 'waybill.db')}"
    async with open_database(url):
        await shop.open_shop({"MUG": (900, 900), "LAMP": (0,)})
        yield url


@pytest.fixture(scope="module")
async def server(shop_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    with server_process(shop_url, tmp_path_factory.mktemp("server"), stream_poll_seconds=0.05) as started:
        await asyncio.to_thread(started.start)
        yield started


@pytest.fixture
async def browser() -> AsyncIterator[Tab]:
    async with tab() as opened:
        yield opened


async def opened(browser: Tab, server: ServerProcess, sale: Sale, lang: str = "en") -> None:
    """The link, followed."""
    await browser.go(f"{server.url}/track?token={sale.token}&lang={lang}")


async def pictured(browser: Tab, name: str) -> None:
    if PICTURES:
        picture = await browser.picture()
        await asyncio.to_thread(Path(PICTURES, f"{name}.png").write_bytes, picture)


def says(selector: str, text: str) -> str:
    """An expression: whether this is read there."""
    return f"document.querySelector({json.dumps(selector)})?.innerText.includes({json.dumps(text)})"


async def test_the_page_changes_by_itself_while_the_parcel_moves(browser: Tab, server: ServerProcess) -> None:
    sale = await sold_again()
    await opened(browser, server, sale)
    assert await browser.value("location.href") == f"{server.url}/track?lang=en", "the token is gone from the address"
    assert await browser.value("document.cookie + document.referrer") == "", "and no script can read it"
    await browser.until(LIVE)
    assert await browser.text(".headline") == "Your order is confirmed."
    await shop.ship(sale.order_id)
    await browser.until(says(".headline", "Your order is on its way."))
    await browser.until(says("#told", "Your order is on its way."))
    await seen(sale.order_id, TrackingStatus.OUT_FOR_DELIVERY, "Croydon")
    await browser.until(says("#parcels", "Out for delivery"))
    await browser.until(says("#told", "The order was updated. Out for delivery"))
    await seen(sale.order_id, TrackingStatus.DELIVERED, "London")
    await browser.until(says(".headline", "Your order has been delivered."))
    assert browser.complaints() == []


async def test_a_page_whose_server_was_killed_catches_up_when_it_is_back(browser: Tab, server: ServerProcess) -> None:
    sale = await sold_again()
    await opened(browser, server, sale)
    await browser.until(LIVE)
    server.kill()
    await browser.until(says("#live", "The connection is lost"))
    await pictured(browser, "lost")
    await shop.ship(sale.order_id)
    await seen(sale.order_id, TrackingStatus.IN_TRANSIT, "Croydon")
    await asyncio.to_thread(server.start)
    await browser.until(says("#parcels", "Croydon"))
    await browser.until(LIVE)
    assert await browser.value("performance.getEntriesByType('navigation').length") == 1, "it was not loaded anew"


async def test_a_page_that_was_in_a_tunnel_catches_up_behind_it(browser: Tab, server: ServerProcess) -> None:
    sale = await sold_again()
    await opened(browser, server, sale)
    await browser.until(LIVE)
    await browser.is_offline(True)
    await browser.until(says("#live", "The connection is lost"))
    await shop.ship(sale.order_id)
    await browser.is_offline(False)
    await browser.until(says(".headline", "Your order is on its way."))
    await browser.until(LIVE)


async def test_news_that_could_not_be_fetched_at_once_is_fetched_later(browser: Tab, server: ServerProcess) -> None:
    sale = await sold_again()
    await opened(browser, server, sale)
    await browser.until(LIVE)
    await browser.ask("Network.setBlockedURLs", urls=["*/track?*"])
    await shop.ship(sale.order_id)
    await browser.until(says("#live", "The connection is lost"))
    await browser.ask("Network.setBlockedURLs", urls=[])
    await browser.until(says(".headline", "Your order is on its way."))
    await browser.until(LIVE)


async def test_what_the_reader_has_opened_and_typed_stays(browser: Tab, server: ServerProcess) -> None:
    sale = await sold_again()
    await shop.ship(sale.order_id)
    await opened(browser, server, sale)
    await browser.until(LIVE)
    await browser.value(
        "document.querySelector('#return').open = true, document.querySelector('#reason').value = 'Too blue.',"
        " document.querySelector('#reason').focus()"
    )
    await seen(sale.order_id, TrackingStatus.IN_TRANSIT, "Croydon")
    await browser.until(says("#parcels", "Croydon"))
    assert await browser.value(
        "[document.querySelector('#return').open, document.querySelector('#reason').value, document.activeElement.id]"
    ) == [True, "Too blue.", "reason"]


async def test_without_a_script_the_page_shows_the_order_and_its_forms_work(server: ServerProcess) -> None:
    sale = await sold_again()
    async with tab(has_script=False) as browser:
        await opened(browser, server, sale)
        assert await browser.text(".headline") == "Your order is confirmed."
        assert await browser.text("#live") == "Reload the page to see what is new."
        await pictured(browser, "no-script")
        await press(browser, "cancel", "10115")
        await browser.until(says("#notice", "Nothing was changed."))
        await pictured(browser, "refused")
        await press(browser, "cancel", POSTAL_CODE)
        await browser.until(says("#notice", "Your order is canceled."))
        await pictured(browser, "canceled")
        assert browser.complaints() == []
    assert (await shop.order(sale.order_id)).status == OrderStatus.CANCELED


async def press(browser: Tab, form: str, proof: str) -> None:
    """The form, filled in and sent, as a person would."""
    await browser.follow(
        f"document.getElementById('{form}').open = true,"
        f" document.getElementById('{form}-proof').value = {json.dumps(proof)},"
        f" document.querySelector('#{form} button').click()"
    )


async def test_a_link_that_opens_nothing_offers_a_new_one(browser: Tab, server: ServerProcess) -> None:
    await browser.go(f"{server.url}/track?token=unknown&lang=de")
    assert await browser.text("h1") == "Dieser Link öffnet keine Bestellung"
    await pictured(browser, "closed")
    assert await faults(browser) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_everybody_can_read_it_on_every_screen(
    browser: Tab, server: ServerProcess, scheme: str, width: int
) -> None:
    sale = await sold_again()
    await shop.deliver(sale.order_id)
    await seen(sale.order_id, TrackingStatus.DELAYED, "A place with quite a long name, so that a line is broken")
    await browser.looks(width=width, scheme=scheme)
    for lang in page.NAMES:
        await opened(browser, server, sale, lang)
        await browser.value("document.querySelectorAll('details').forEach((each) => each.open = true)")
        assert await browser.value("document.documentElement.scrollWidth <= innerWidth"), f"{lang} is too wide"
        assert await faults(browser) == []
    await pictured(browser, f"{scheme}-{width}")
    ground = await browser.value("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(246, 247, 245)", "dark": "rgb(17, 22, 20)"}[scheme]


async def faults(browser: Tab) -> list[Any]:
    """What WCAG AA would find wrong, as far as a script can tell."""
    found: list[Any] = await browser.value(FAULTS) + await browser.value(CONTRAST)
    return found


def test_the_script_is_small() -> None:
    [script] = page.ASSETS.glob("*.js")
    assert len(gzip.compress(script.read_bytes(), mtime=0)) < LONGEST_SCRIPT
