"""A client of the API for tests: GraphQL over httpx, straight into the application, without a network."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
from starlette.applications import Starlette
from strawberry.schema import Schema

from domain.kernel.actor import Actor
from server.app import create_app, load_schema
from server.database import Database
from server.settings import read_settings

SECRET = "a secret of tests, of more than 32 bytes"


@dataclass(frozen=True)
class Client:
    """Sends operations as one actor, the anonymous at first."""

    app: Starlette
    http: httpx.AsyncClient
    authorization: str | None = None

    def as_(self, actor: Actor) -> "Client":
        """The same, as this member of staff or this customer."""
        token = self.app.state.authenticator.issue(actor, expires_in=timedelta(hours=1))
        return replace(self, authorization=f"Bearer {token}")

    def with_link(self, token: str) -> "Client":
        """The same, as the holder of this tracking link."""
        return replace(self, authorization=f"Tracking {token}")

    async def post(self, query: str, variables: Mapping[str, Any] | None = None, **more: Any) -> httpx.Response:
        """The response as it came."""
        headers = {"Authorization": self.authorization} if self.authorization else {}
        return await self.http.post("/graphql", json={"query": query, "variables": variables, **more}, headers=headers)

    async def data(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What was asked for. Asserts that there was no error."""
        body = (await self.post(query, variables)).json()
        assert not body.get("errors"), body["errors"]
        answered: dict[str, Any] = body["data"]
        return answered

    async def errors(self, query: str, variables: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The top-level errors. Asserts that there were some."""
        body = (await self.post(query, variables)).json()
        assert body.get("errors"), body
        found: list[dict[str, Any]] = body["errors"]
        return found

    async def codes(self, query: str, variables: Mapping[str, Any] | None = None) -> list[str]:
        """The codes of the top-level errors."""
        return [error["extensions"]["code"] for error in await self.errors(query, variables)]


def client_of(app: Starlette) -> Client:
    """A client of the application; its lifespan is not run, so that the test's own open database is used."""
    return Client(app, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://waybill.test"))


@asynccontextmanager
async def served(database: Database, schema: Schema | None = None, **settings: Any) -> AsyncIterator[Client]:
    """A client of an application over the open database: with its bell and hub, without jobs or relay.

    Without a `schema` it is the real one.
    """
    chosen = read_settings(database_url=database.url, secret=SECRET, **settings)
    app = create_app(chosen, schema if schema is not None else _schema(), reactions={})
    async with app.state.house.bell, app.state.house.hub:
        client = client_of(app)
        async with client.http:
            yield client


@cache
def _schema() -> Schema:
    """The real one, made once: no application changes it."""
    return load_schema()
