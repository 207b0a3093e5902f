"""Mutations answered the compiled way: the verb is carried out, and what is asked of its things is one statement."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import structlog
from graphql import OperationType
from strawberry.schema import Schema
from strawberry.types import ExecutionResult

from domain.kernel.database import Dialect
from resolvers.context import Context
from schema.compiled import Fetch, NotCompilable, Operation, Plans, Reason, Things, Verb, verb_of
from schema.compiled.dialects import Writer, writer_of
from schema.compiled.plan import Request
from schema.views import Naming
from server.answers import DeadlineExceeded, code_of, note_bug
from server.away import OF_THE_DATABASE
from server.documents import Documents
from server.request_logs import log_operation
from server.settings import Settings

log = structlog.get_logger("waybill")


@dataclass(frozen=True)
class VerbInfo:
    """What a verb is told beside its arguments."""

    context: Context


class CompiledWrites:
    """Answers the mutations of one application; counts how often it could not, and why."""

    def __init__(self, schema: Schema, documents: Documents, settings: Settings) -> None:
        self._schema, self._documents, self._settings = schema, documents, settings
        self._plans: Plans[Verb] = Plans()
        self._things: Things | None = None
        self._writer: Writer | None = None
        self.answered = 0
        self.fallbacks: Counter[Reason] = Counter()

    def begin(self, dialect: Dialect, fetch: Fetch) -> None:
        """From now on, things are read by `fetch`."""
        self._writer = writer_of(dialect)
        self._things = Things(self._writer, fetch)

    def end(self) -> None:
        """From now on, mutations run the usual way."""
        self._things = None

    async def answer(self, fields: Mapping[str, Any], context: Context) -> bytes | ExecutionResult | None:
        """The body of the response, or what is to become one; None when the request must run the usual way.

        Then nothing was done yet; or it was, and the context knows the answer, which the usual way only has to tell.
        Raises DeadlineExceeded. The first run of a document is the usual one: it is what checks it.
        """
        operation = self._operation(fields)
        if operation is None or self._things is None:
            return None
        try:
            request = Request(operation.coerced(fields.get("variables") or {}), context.actor.scope)
            verb = self._plans.of(operation, request, partial(self._made, operation, request, fields))
            arguments = verb.given(request)
        except NotCompilable as refusal:
            self.fallbacks[refusal.reason] += 1
            return None
        started = time.perf_counter()
        found = await self._carried_out(verb, arguments, request, context)
        if found is not None:
            self.answered += 1
            status = code_of(found.errors[0]) if isinstance(found, ExecutionResult) and found.errors else "OK"
            log_operation(operation.name, "mutation", status, started, context.actor)
        return found

    async def _carried_out(
        self, verb: Verb, arguments: dict[str, Any], request: Request, context: Context
    ) -> bytes | ExecutionResult | None:
        mine = Context(context.actor, Naming(context.actor.scope), context.runner, context.hub)
        try:
            async with asyncio.timeout(self._settings.deadline_seconds):
                payload = await verb.resolve(None, VerbInfo(mine), **arguments)
                context.answered = payload
                return await verb.shown(payload, request, cast("Things", self._things))
        except TimeoutError:
            raise DeadlineExceeded(self._settings.deadline_seconds) from None
        except Exception as error:
            if context.answered is None:  # it was not done, and says why
                return ExecutionResult(data=None, errors=[verb.failed(error)])
            self._fall_back(verb, error)
            return None

    def _fall_back(self, verb: Verb, error: Exception) -> None:
        """Count, and say of a bug, why what was done has to be told the usual way."""
        if isinstance(error, NotCompilable):
            reason = error.reason
        elif isinstance(error, OF_THE_DATABASE):
            reason = Reason.DATABASE
        else:
            reason = Reason.BUG
            note_bug(error, path=verb.key)
        self.fallbacks[reason] += 1

    def _operation(self, fields: Mapping[str, Any]) -> Operation | None:
        prepared = self._documents.get(fields["query"])
        if prepared is None:
            return None
        return prepared.operation(self._schema, fields.get("operationName"), OperationType.MUTATION)

    def _made(self, operation: Operation, request: Request, fields: Mapping[str, Any]) -> Verb:
        assert self._writer is not None
        if not self._documents.admits(self._schema, operation, fields.get("variables") or {}):
            raise NotCompilable(Reason.REFUSED, "it costs too much")
        return verb_of(self._schema, operation, request, self._writer)
