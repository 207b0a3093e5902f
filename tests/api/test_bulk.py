"""Stock levels from a file, over HTTP: the file sent, the run asked for, its rows read."""

from collections.abc import AsyncIterator

import httpx
import pytest

from domain.bulk.models import BulkRunRow
from domain.flows.keep_upload import MOST_BYTES
from domain.kernel.bell import SilentBell
from domain.kernel.runner import Runner
from domain.reactions import REACTIONS
from domain.uploads.models import UploadRow
from server.database import Database
from server.worker import Worker
from tests.api.client import Client, served
from tests.builders import ADMIN, SUPPORT, denied, do, open_shop, refused

CSV = {"Content-Type": "text/csv; charset=utf-8"}
START = """mutation ($upload: ID!) { stockBulkStart(input: {upload: $upload, mode: SET, idempotencyKey: "spring"}) {
  bulkRun { id status rows done filename availableActions { action enabled } } errors { message path } replayed
} }"""
RUN = """query ($id: ID!) { bulkRun(id: $id) { status done applied refused results(first: 10) {
  nodes { number sku outcome change code } } availableActions { action enabled } } }"""


@pytest.fixture
async def client(database: Database) -> AsyncIterator[Client]:
    async with served(database) as served_client:
        yield served_client.as_(ADMIN)


async def send(client: Client, content: bytes, *, filename: str = "levels.csv", **headers: str) -> httpx.Response:
    sent = CSV | {"Authorization": client.authorization or ""} | headers
    return await client.http.post("/uploads", params={"filename": filename}, content=content, headers=sent)


async def test_a_file_is_sent_its_run_asked_for_once_and_what_became_of_each_row_is_read(client: Client) -> None:
    await open_shop(ber={"MUG": 3})
    sent = await send(client, b"sku,location,on_hand\nMUG,ber,8\nPAN,ber,1\n")
    assert (sent.status_code, sent.json()["size"]) == (201, 41)
    first = (await client.data(START, {"upload": sent.json()["id"]}))["stockBulkStart"]
    again = (await client.data(START, {"upload": sent.json()["id"]}))["stockBulkStart"]
    assert (first["errors"], first["replayed"], again["replayed"]) == ([], False, True)
    assert first["bulkRun"] | {"id": ""} == {
        "id": "",
        "status": "QUEUED",
        "rows": 2,
        "done": 0,
        "filename": "levels.csv",
        "availableActions": [{"action": "CANCEL", "enabled": True}],
    }
    await Worker(Runner(SilentBell()), REACTIONS).work()
    run = (await client.data(RUN, {"id": again["bulkRun"]["id"]}))["bulkRun"]
    assert run == {
        "status": "COMPLETED",
        "done": 2,
        "applied": 1,
        "refused": 1,
        "results": {
            "nodes": [
                {"number": 2, "sku": "MUG", "outcome": "APPLIED", "change": 5, "code": None},
                {"number": 3, "sku": "PAN", "outcome": "REFUSED", "change": 0, "code": "UNKNOWN_SKU"},
            ]
        },
        "availableActions": [{"action": "CANCEL", "enabled": False}],
    }
    assert await BulkRunRow.all().count() == 1


async def test_a_run_is_called_off_and_only_by_those_who_may(client: Client) -> None:
    await open_shop()
    sent = await send(client, b"sku,location,on_hand\nMUG,ber,8\n")
    upload = sent.json()["id"]
    assert await denied(SUPPORT, "stockBulkStart", upload=upload, mode="SET", idempotencyKey="a") == [
        "PermissionDenied"
    ]
    started = await do(ADMIN, "stockBulkStart", "bulkRun { id }", upload=upload, mode="SET", idempotencyKey="a")
    run = started["bulkRun"]["id"]
    off = await do(ADMIN, "stockBulkCancel", "bulkRun { status endedAt }", bulkRun=run)
    assert (off["bulkRun"]["status"], off["bulkRun"]["endedAt"] is None) == ("CANCELED", False)
    [error] = await refused(ADMIN, "stockBulkCancel", bulkRun=run)
    assert error["message"] == "Cancel needs the bulk run to be QUEUED or RUNNING; it is CANCELED."


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": ""}, 401, "UNAUTHENTICATED"),
        ({"Authorization": "Bearer nonsense"}, 401, "UNAUTHENTICATED"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415, "BAD_REQUEST"),
        ({"Content-Type": ""}, 415, "BAD_REQUEST"),
        ({"Content-Length": str(MOST_BYTES + 1)}, 413, "LIMIT"),
    ],
)
async def test_a_file_that_is_not_taken_says_why(
    client: Client, headers: dict[str, str], status: int, code: str
) -> None:
    response = await send(client, b"sku", **headers)
    assert (response.status_code, response.json()["errors"][0]["extensions"]) == (status, {"code": code})
    assert not await UploadRow.exists()


async def test_a_file_is_for_staff_who_may_change_stock_and_has_a_name_and_a_bound(client: Client) -> None:
    assert (await send(client.as_(SUPPORT), b"sku")).status_code == 403
    assert (await send(client, b"sku", filename="")).status_code == 400
    assert (await send(client, b"")).status_code == 400
    assert (await send(client, b"x" * (MOST_BYTES + 1))).status_code == 413
    assert (await client.http.get("/uploads")).status_code == 405
    assert not await UploadRow.exists()
