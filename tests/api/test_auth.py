"""Who asks: tokens, tracking links, and everything that is neither."""

import os
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest

from domain.access.models import RevokedAccessRow
from domain.flows.open_tracking_link import hash_of, new_token
from domain.flows.revoke_access import RevokeAccess, revoke_access
from domain.kernel.actor import SYSTEM, Role, customer, staff
from domain.kernel.bell import SilentBell
from domain.kernel.errors import PermissionDenied
from domain.kernel.runner import Runner
from domain.tracking.models import TrackingLinkRow
from server.auth import ISSUER, Authenticator, BadCredentials
from server.database import Database
from server.revocations import ending_revoked
from server.settings import Settings, SettingsError, read_settings
from tests.api.client import SECRET, Client, served
from tests.api.tiny_schema import tiny_schema
from tests.live.orders import NOON, new_order

ANN = UUID("01930000-0000-7000-8000-000000000001")


@pytest.fixture
async def client(sqlite_database: Database) -> AsyncIterator[Client]:
    async with served(sqlite_database, tiny_schema()) as served_client:
        yield served_client


def claims(**changed: Any) -> dict[str, Any]:
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    return {"iss": ISSUER, "aud": ISSUER, "exp": in_an_hour, "sub": "ann", "roles": ["SUPPORT"]} | changed


async def test_a_token_of_staff_carries_its_roles(client: Client) -> None:
    assert await client.as_(staff("ann", Role.SUPPORT)).data("{ whoami orders }") == {
        "whoami": "staff:ann",
        "orders": [],
    }


async def test_a_token_of_a_customer_is_that_customer(client: Client) -> None:
    assert await client.as_(customer(ANN)).data("{ whoami }") == {"whoami": f"customer:{ANN.hex}"}


async def test_a_role_without_the_permission_is_forbidden_and_nobody_is_unauthenticated() -> None:
    authenticator = Authenticator(SECRET)
    token = authenticator.issue(staff("bob", Role.WAREHOUSE), expires_in=timedelta(hours=1))
    identity = await authenticator.identify(f"Bearer {token}")
    assert identity.actor == staff("bob", Role.WAREHOUSE)
    assert (await authenticator.identify(None)).actor.principal == "anonymous"
    assert (await authenticator.identify("")).actor.principal == "anonymous"


async def test_without_credentials_one_is_nobody(client: Client) -> None:
    assert await client.data("{ whoami }") == {"whoami": "anonymous"}
    assert await client.codes("{ orders }") == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    "forged",
    [
        jwt.encode(claims(), "another secret of more than 32 bytes!", "HS256"),
        jwt.encode(claims(exp=datetime.now(UTC) - timedelta(minutes=1)), SECRET, "HS256"),
        jwt.encode({key: value for key, value in claims().items() if key != "exp"}, SECRET, "HS256"),
        jwt.encode(claims(aud="another"), SECRET, "HS256"),
        jwt.encode(claims(iss="another"), SECRET, "HS256"),
        jwt.encode(claims(roles=["OWNER"]), SECRET, "HS256"),
        jwt.encode(claims(roles=[]), SECRET, "HS256"),
        jwt.encode(claims(roles="SUPPORT"), SECRET, "HS256"),
        jwt.encode(claims(roles=["CUSTOMER", "ADMIN"]), SECRET, "HS256"),
        jwt.encode(claims(roles=["CUSTOMER"]), SECRET, "HS256"),
        jwt.encode(claims(), "", "none"),
        "x.y.z",
        "",
        "x" * 5_000,
    ],
)
async def test_a_token_that_is_not_ours_is_refused(client: Client, forged: str) -> None:
    response = await client.http.post(
        "/graphql", json={"query": "{ whoami }"}, headers={"Authorization": f"Bearer {forged}"}
    )
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json() == {
        "errors": [
            {
                "message": "These credentials are not valid, or not any more.",
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ]
    }


@pytest.mark.parametrize(
    "authorization", ["Basic YTpi", "Bearer", "Tracking", "Tracking x", "token", "Tracking \udcff"]
)
async def test_credentials_of_another_sort_are_refused(client: Client, authorization: str) -> None:
    with pytest.raises(BadCredentials):
        await client.app.state.authenticator.identify(authorization)


def test_a_tracking_token_has_256_random_bits_and_only_its_hash_is_kept() -> None:
    token = new_token()
    assert len(token) == 43
    assert token != new_token()
    assert hash_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


async def test_what_was_issued_before_a_revocation_is_refused_and_what_is_issued_after_it_is_not(
    database: Database,
) -> None:
    async with served(database, tiny_schema()) as client:
        before, other = client.as_(staff("ann", Role.SUPPORT)), client.as_(staff("bob", Role.SUPPORT))
        customers = client.as_(customer(ANN))
        assert await before.data("{ whoami }") == {"whoami": "staff:ann"}
        for principal in ("staff:ann", f"customer:{ANN.hex}"):
            await Runner(SilentBell()).run(revoke_access, SYSTEM, RevokeAccess(principal))
        await client.app.state.house.revocations.look()
        refused = [await each.post("{ whoami }") for each in (before, customers)]
        assert [answer.status_code for answer in refused] == [401, 401]
        assert await other.data("{ whoami }") == {"whoami": "staff:bob"}
        after = client.as_(staff("ann", Role.SUPPORT))
        assert await after.data("{ whoami }") == {"whoami": "staff:ann"}
        await Runner(SilentBell()).run(revoke_access, SYSTEM, RevokeAccess("staff:ann"))
        await client.app.state.house.revocations.look()
        assert (await after.post("{ whoami }")).status_code == 401
        assert [row.principal async for row in RevokedAccessRow.all().order_by("principal")] == [
            f"customer:{ANN.hex}",
            "staff:ann",
        ]


async def test_a_server_that_starts_knows_whose_access_was_revoked_before(database: Database) -> None:
    token = Authenticator(SECRET).issue(staff("ann", Role.SUPPORT), expires_in=timedelta(hours=1))
    await Runner(SilentBell()).run(revoke_access, SYSTEM, RevokeAccess("staff:ann"))
    await RevokedAccessRow.all().update(not_before=datetime.now(UTC) + timedelta(days=1))
    async with served(database, tiny_schema()) as client, ending_revoked(client.app.state.house.revocations):
        with pytest.raises(BadCredentials):
            await client.app.state.authenticator.identify(f"Bearer {token}")


async def test_only_who_may_takes_access_away(database: Database) -> None:
    runner = Runner(SilentBell())
    for actor in (staff("sue", Role.SUPPORT), staff("wim", Role.WAREHOUSE), customer(ANN)):
        with pytest.raises(PermissionDenied):
            await runner.run(revoke_access, actor, RevokeAccess("staff:ann"))
    assert await RevokedAccessRow.all().count() == 0


async def link_to(order_id: UUID, expires_at: datetime) -> str:
    """The token of a tracking link that opens the order until then."""
    token = new_token()
    await TrackingLinkRow.create(order_id=order_id, token_hash=hash_of(token), created_at=NOON, expires_at=expires_at)
    return token


async def test_a_tracking_link_opens_one_order_until_it_expires(database: Database) -> None:
    order_id, now = await new_order(), datetime.now(UTC)
    valid = await link_to(order_id, now + timedelta(days=1))
    expired = await link_to(order_id, now - timedelta(seconds=1))
    async with served(database, tiny_schema()) as client:
        assert await client.with_link(valid).data("{ whoami }") == {"whoami": f"tracking:{order_id.hex}"}
        assert await client.with_link(valid).codes("{ orders }") == ["FORBIDDEN"]
        answers = [await client.with_link(token).post("{ whoami }") for token in (expired, "unknown" * 5)]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content == answers[1].content


def test_the_secret_of_a_sqlite_installation_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite://{tmp_path / 'waybill.sqlite3'}")
    secret = settings.signing_key()
    assert len(secret) == 64
    assert settings.signing_key() == secret
    kept = tmp_path / "waybill.sqlite3.secret"
    assert kept.read_text() == secret
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["waybill.sqlite3.secret"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"secret": "short"}, "WAYBILL_SECRET: is too short: at least 32 bytes"),
        ({"database_url": "postgresql://u@h/d"}, "WAYBILL_SECRET: with PostgreSQL, set WAYBILL_SECRET to the same"),
        ({"database_url": "mysql://u:secret@h/d"}, "WAYBILL_DATABASE_URL: a database URL is sqlite:///absolute/path"),
        ({"workers": 2}, "WAYBILL_WORKERS: a SQLite file is served by one process; several workers need PostgreSQL"),
        (
            {"workers": 2, "bell_url": "memory://", "database_url": "postgresql://u@h/d", "secret": SECRET},
            "WAYBILL_WORKERS: memory:// reaches one process; several workers need a shared bell_url",
        ),
        (
            {"workers": 8, "database_connections": 47, "database_url": "postgresql://u@h/d", "secret": SECRET},
            "WAYBILL_DATABASE_CONNECTIONS: 47 are too few for 8 workers: they need at least 48",
        ),
        ({"bell_url": "kafka://h"}, "WAYBILL_BELL_URL: there is a bell for memory://, redis://, rediss://, postgresql"),
        ({"port": 70_000}, "WAYBILL_PORT: Input should be less than or equal to 65535"),
        ({"allowed_origins": "https://shop.example/path"}, "WAYBILL_ALLOWED_ORIGINS: Invalid origin"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match="^" + sentence.replace("(", r"\(")) as refused:
        read_settings(**given)
    assert "secret@" not in str(refused.value)


def test_another_process_reads_the_same_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings(port=1234, secret=SECRET, allowed_origins="https://b.example, https://a.example")
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    assert read_settings() == settings
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
