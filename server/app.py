"""The application: routes, and everything that lives as long as the server."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from copy import copy
from dataclasses import dataclass
from functools import cache, partial

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from strawberry.extensions import SchemaExtension
from strawberry.schema import Schema

from adapters.bell.by_url import bell_at
from adapters.bell.hub import Hub
from adapters.bell.owned import owned
from adapters.bell.ringing import BroadcastBell
from domain.kernel.database import Dialect
from domain.kernel.doorbell import StreamLimits
from domain.kernel.runner import Runner
from domain.reactions import REACTIONS, Reaction
from resolvers import build_schema
from resolvers.context import context_for
from server.answers import Refused, refuse
from server.aside import Aside
from server.auth import Authenticator
from server.bodies import Bodies
from server.compiled_reads import CompiledReads
from server.database import POOL_SIZE, Database, open_database
from server.documents import Deadline, Documents, Preparation, preparation
from server.draining import Draining, draining_on_signals
from server.event_source import EventSource
from server.exports import StockMovementsExport
from server.graphql_http import PAGE_HEADERS, GraphQLEndpoint, Straight
from server.health import Readiness, alive
from server.listeners import Listeners
from server.live import Watching
from server.logs import configure_logs
from server.metrics import ListenersCounted, Metrics, ReadsCounted, WatchersCounted
from server.relay import relaying
from server.request_logs import OperationLog, RequestLog
from server.revocations import Revocations, ending_revoked
from server.settings import Settings, read_settings
from server.shedding import Gate, Shedding
from server.tracking_page import TrackingPage
from server.uploads import Uploads
from server.worker import Worker
from server.workers import ending_with_supervisor
from web import graphiql

ASSETS_CACHED_SECONDS = 3600
COLLECTED_AFTER = 50_000, 20, 50  # objects, and collections of the younger generation: Python's own is 700, 10, 10

log = structlog.get_logger("waybill")


@dataclass(frozen=True)
class House:
    """What the requests of one application share."""

    settings: Settings
    bell: BroadcastBell
    hub: Hub
    aside: Aside
    runner: Runner
    draining: Draining
    listeners: Listeners
    revocations: Revocations

    @classmethod
    def of(cls, settings: Settings) -> "House":
        """That of an application with these settings."""
        bell = bell_at(settings.bell)
        limits = StreamLimits(settings.stream_idle_seconds, settings.stream_lifetime_seconds)
        taken = (aside := Aside()).taken
        hub = Hub(bell.broadcast, limits=limits, poll_seconds=settings.stream_poll_seconds, aside=taken)
        listeners = Listeners(settings, draining := Draining())
        return cls(settings, bell, hub, aside, Runner(bell), draining, listeners, Revocations(listeners, taken))


def create_app(
    settings: Settings, schema: Schema | None = None, *, reactions: Mapping[str, Reaction] | None = None
) -> Starlette:
    """The whole server as an ASGI application. Its lifespan opens the database; without one, tests open their own."""
    house, gate = House.of(settings), Gate(settings.max_in_flight, settings.queue_seconds)
    documents = preparation(settings)
    schema = guarded(schema if schema is not None else load_schema(), settings, documents)
    reads, watching = CompiledReads(schema, documents, settings), Watching(schema, documents, settings)
    authenticator = Authenticator(settings.signing_key(), house.revocations.not_before)
    endpoint = GraphQLEndpoint(
        schema,
        settings,
        authenticator,
        house.listeners,
        context_for=partial(context_for, runner=house.runner, hub=house.hub),
        reads=reads,
        watching=watching,
        page=graphiql.page,
    )
    app = Starlette(
        routes=[
            Route("/graphql", endpoint),
            WebSocketRoute("/graphql", endpoint),
            *_pages(schema),
            *_for_operators(house, reads, watching),
            *_beside(authenticator, house),
            *_live_pages(schema, authenticator, house, reads, watching),
        ],
        middleware=[*_middleware(settings, gate, house.listeners), Middleware(Straight, endpoint=endpoint)],
        exception_handlers={Refused: refuse},
        lifespan=partial(_lifespan, house=house, reads=reads, watching=watching, reactions=reactions),
    )
    app.state.house, app.state.authenticator, app.state.schema = house, authenticator, schema
    app.state.reads, app.state.gate = reads, gate
    return app


def _pages(schema: Schema) -> Sequence[BaseRoute]:
    """What people look at who make something with the API."""
    return [
        Route("/", _home),
        Route("/graphiql", _page),
        Mount("/graphiql/assets", _Assets(directory=graphiql.ASSETS)),
        Route("/schema.graphql", _schema_page(schema)),
    ]


def _for_operators(house: House, reads: CompiledReads, watching: Watching) -> Sequence[BaseRoute]:
    """What those ask who run the server."""
    counted = ReadsCounted(reads), ListenersCounted(house.hub), WatchersCounted(watching)
    return [
        Route("/healthz", alive),
        Route("/readyz", Readiness(house.settings.database_url, house.draining).__call__),
        Route("/metrics", Metrics(house.settings.metrics_key(), *counted).__call__),
    ]


def _beside(authenticator: Authenticator, house: House) -> Sequence[BaseRoute]:
    """Files, which are no matter of GraphQL."""
    export = StockMovementsExport(authenticator, page_seconds=house.settings.deadline_seconds)
    return [
        Route("/uploads", Uploads(house.runner, authenticator).__call__, methods=["POST"]),
        Route("/exports/stock-movements.csv", export.__call__),
    ]


def _live_pages(
    schema: Schema, authenticator: Authenticator, house: House, reads: CompiledReads, watching: Watching
) -> Sequence[BaseRoute]:
    """The tracking page, and the stream that it and others listen to."""
    in_house = partial(context_for, runner=house.runner, hub=house.hub)
    stream = EventSource(house.settings, authenticator, house.listeners, watching=watching, context_for=in_house)
    page = TrackingPage(schema, authenticator, reads, house.runner, in_house)
    return [Route("/graphql/stream", stream), *page.routes(_Assets)]


def app_from_environment() -> Starlette:
    """What each worker process of the server runs: the settings are in its environment."""
    settings = read_settings()
    configure_logs(settings.log_format)
    app = create_app(settings)
    spare_what_stays()
    return app


def spare_what_stays() -> None:
    """Tell Python's collector of cycles what a server is like: all that is there now stays, and what a request makes is
    freed by its counts. By itself it walks through the whole schema again and again, while every request waits.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


def load_schema() -> Schema:
    """The schema of this version."""
    return build_schema()


def guarded(schema: Schema, settings: Settings, documents: Documents) -> Schema:
    """The same schema, with the extensions of a server: its log, its limits, its deadline."""
    ours: list[Callable[[], SchemaExtension]] = [
        OperationLog,
        partial(Preparation, documents),
        partial(Deadline, settings.deadline_seconds),
    ]
    served = copy(schema)
    served.extensions = (*ours, *schema.extensions)
    return served


def _middleware(settings: Settings, gate: Gate, listeners: Listeners) -> list[Middleware]:
    # What is refused for want of room costs no line in the log each, and a page must be able to read the refusal.
    bodies = Bodies(settings.max_body_bytes, settings.deadline_seconds)
    shedding = Middleware(Shedding, gate=gate, bodies=bodies, why_closed=listeners.why_closed)
    found = [shedding, Middleware(RequestLog)]
    if settings.allowed_origins:
        cors = Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
            expose_headers=["Retry-After"],
            max_age=600,
        )
        found.insert(0, cors)
    return found


@asynccontextmanager
async def _lifespan(
    _app: Starlette,
    *,
    house: House,
    reads: CompiledReads,
    watching: Watching,
    reactions: Mapping[str, Reaction] | None,
) -> AsyncIterator[None]:
    settings = house.settings
    async with AsyncExitStack() as stack:
        stack.enter_context(ending_with_supervisor())
        database = await stack.enter_async_context(_open_database(settings))
        await stack.enter_async_context(house.aside.open(database))
        await stack.enter_async_context(reads.open(database))
        await stack.enter_async_context(watching.open(database.dialect, reads.fetch))
        await stack.enter_async_context(house.bell)
        await stack.enter_async_context(house.hub)
        await stack.enter_async_context(relaying(house.hub, house.bell, aside=house.aside.taken))
        if settings.run_jobs:
            worker = Worker(
                house.runner,
                REACTIONS if reactions is None else reactions,
                poll_seconds=settings.job_poll_seconds,
            )
            await stack.enter_async_context(working(worker, settings.shutdown_seconds))
        await stack.enter_async_context(ending_revoked(house.revocations))
        stack.enter_context(draining_on_signals(house.draining, settings.drain_seconds, settings.farewell_seconds))
        at = f"http://{settings.host}:{settings.port}"
        log.info("server.started", at=at, database=settings.dialect.value, jobs=settings.run_jobs, pid=os.getpid())
        yield
        house.draining.end()
        log.info("server.stopping")


def _open_database(settings: Settings) -> AbstractAsyncContextManager[Database]:
    pool_size = settings.shares.write if settings.dialect is Dialect.POSTGRES else POOL_SIZE
    return open_database(settings.database_url, migrate=settings.migrates, pool_size=pool_size)


@asynccontextmanager
async def working(worker: Worker, patience_seconds: float) -> AsyncIterator[None]:
    """The worker works until the block ends; then it may finish the job at hand, for a while."""
    async with owned(worker.run(), "worker") as task:
        try:
            yield
        finally:
            worker.stop()
            await asyncio.wait({task}, timeout=patience_seconds)


async def _home(_request: Request) -> Response:
    return RedirectResponse("/graphiql", 302)


async def _page(_request: Request) -> Response:
    return HTMLResponse(graphiql.page(), headers=PAGE_HEADERS)


def _schema_page(schema: Schema) -> Callable[[Request], Response]:
    text = cache(schema.as_str)  # which few ask for

    def show(_request: Request) -> Response:
        return PlainTextResponse(text() + "\n", headers={"Cache-Control": "no-cache"}, media_type="text/plain")

    return show


class _Assets(StaticFiles):
    """The files of the page. Their names stay when they change, so they are asked for again after an hour."""

    def file_response(self, *args: object, **options: object) -> Response:
        response = super().file_response(*args, **options)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = f"public, max-age={ASSETS_CACHED_SECONDS}"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
