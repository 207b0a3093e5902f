"""The deed: what every mutation does. It runs a flow, tells why not, and shows the things as they are afterwards."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

import strawberry

from domain.kernel.errors import DomainError, MalformedId, NotFound, Refusals
from domain.kernel.ids import parse_global_id
from domain.kernel.unit_of_work import Flow
from resolvers.context import Context
from schema.errors import UserError, user_errors
from schema.inputs.intentions import Instruction, check_texts, shown_name
from schema.payloads import Payload
from schema.views import Node, Unread, view

Info = strawberry.Info[Context, None]
PayloadT = TypeVar("PayloadT", bound=Payload)
ASKED = strawberry.argument(description="What is asked for.")


async def done(
    info: Info,
    flow: Flow[Any, UUID],
    given: Instruction,
    payload: type[PayloadT],
    *,
    told: Mapping[str, Any] | None = None,
    **things: type[Node],
) -> PayloadT:
    """Run the flow for what is given. Raises Unauthenticated and PermissionDenied; other refusals are in the payload.

    `things` are fields of the payload: one that the input names by its id is that thing, any other is what the flow
    gave. Each is read after the commit, so that a replay shows it as it is now, and a refusal as it still is.
    `told` are fields that are told this once: not again, when the key had been used before.
    """
    context, errors, is_replay, value = info.context, list[UserError](), False, None
    if context.answered is not None:
        return await _read(context, context.answered, things)
    try:
        check_texts(given)
        is_rehearsal = getattr(given, "dry_run", False)
        outcome = await context.run(flow, given.request(), key=given.idempotency_key, dry_run=is_rehearsal)
        value, is_replay = outcome.value, outcome.replayed
    except DomainError as refusal:
        errors = user_errors(_named(refusal, given))
    shown = await _present(context, given, things, value)
    return payload(errors=errors, replayed=is_replay, **shown, **({} if errors or is_replay else told or {}))


async def _present(
    context: Context, given: Instruction, things: Mapping[str, type[Node]], value: UUID | None
) -> dict[str, Any]:
    """The things as this actor sees them now."""
    context.reader.forget()
    shown = {}
    for name, kind in things.items():
        named = getattr(given, name, None)
        key = value if named is None else _named_key(kind, named)
        shown[name] = None if key is None else await context.reader.load(kind, key)
    return shown


async def _read(context: Context, answered: PayloadT, things: Mapping[str, type[Node]]) -> PayloadT:
    """The payload, its things read."""
    for name in things:
        if isinstance(thing := getattr(answered, name), Unread):
            setattr(answered, name, await context.reader.load(thing.view, thing.key))
    return answered


def _named_key(kind: type[Node], text: str) -> UUID | None:
    try:
        return parse_global_id(view(kind).prefix, text)
    except MalformedId:
        return None


def _named(refusal: DomainError, given: Instruction) -> DomainError:
    """The refusal; one about the thing that the input names, without its field, is given the field."""
    if isinstance(refusal, NotFound) and not refusal.path:
        name = "rma" if refusal.what == "return" else refusal.what.replace(" ", "_")
        if hasattr(given, name):
            return refusal.at(shown_name(given, name))
    if isinstance(refusal, Refusals):
        return Refusals([_named(each, given) for each in refusal.errors])
    return refusal
