"""Numbers for operators, in Prometheus' text format: each is read where it is counted, when somebody asks."""

import secrets
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from adapters.bell.hub import Hub
from schema.compiled import Reason
from server.compiled_reads import CompiledReads
from server.live import Watching


class Metrics:
    """What this process counts, for whoever sends the token of the settings; without one there is nothing here."""

    def __init__(self, token: str | None, *counted: Collector) -> None:
        self._expected = f"Bearer {token}".encode() if token else None
        self._registry = CollectorRegistry()
        for each in counted:
            self._registry.register(each)

    async def __call__(self, request: Request) -> Response:
        if self._expected is None:
            return PlainTextResponse("Not Found", 404)
        given = request.headers.get("authorization", "").encode()
        if not secrets.compare_digest(given, self._expected):
            return PlainTextResponse("Unauthorized", 401, {"WWW-Authenticate": "Bearer"})
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class ReadsCounted(Collector):
    """How many queries and mutations were answered the compiled way, and how many the usual way, by the reason."""

    def __init__(self, reads: CompiledReads) -> None:
        self._reads, self._writes = reads, reads.writes

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "waybill_reads_compiled", "Queries answered in one SQL statement.", value=self._reads.answered
        )
        yield _by_reason("waybill_reads_usual", "Queries run the usual way, and why.", self._reads.fallbacks)
        yield CounterMetricFamily(
            "waybill_writes_compiled", "Mutations whose things were read in one statement.", value=self._writes.answered
        )
        yield _by_reason("waybill_writes_usual", "Mutations answered the usual way, and why.", self._writes.fallbacks)


class WatchersCounted(Collector):
    """How many watch now, and how the events that they were told were read."""

    def __init__(self, watching: Watching) -> None:
        self._channels, self._tellings = watching.channels, watching.tellings

    def collect(self) -> Iterator[Metric]:
        rooms = [room for channel in self._channels for room in channel.rooms.values()]
        yield GaugeMetricFamily(
            "waybill_watchers", "Subscriptions that are being told.", value=sum(len(room) for room in rooms)
        )
        yield GaugeMetricFamily(
            "waybill_watched_documents", "Distinct documents, variables and scopes among them.", value=len(rooms)
        )
        yield GaugeMetricFamily("waybill_watched_streams", "Streams that they watch.", value=len(self._channels))
        yield CounterMetricFamily(
            "waybill_events_compiled",
            "Events told in SQL, once for all who watch the same.",
            value=self._tellings.answered,
        )
        yield _by_reason("waybill_events_usual", "Events told the usual way, and why.", self._tellings.fallbacks)


class ListenersCounted(Collector):
    """How many listen for events in this process: its streams, and its relay."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "waybill_stream_listeners",
            "How many listen for events in this process: its streams, and its relay.",
            value=self._hub.listeners,
        )


def _by_reason(name: str, doc: str, counts: Mapping[Reason, int]) -> Metric:
    found = CounterMetricFamily(name, doc, labels=["reason"])
    for reason in Reason:
        found.add_metric([reason.value], counts.get(reason, 0))
    return found
