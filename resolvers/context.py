"""What every resolver is given: who asks, how to read, how to write, and where to listen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.kernel.actor import ANONYMOUS, Actor
from domain.kernel.doorbell import Doorbell
from domain.kernel.runner import Runner
from domain.kernel.unit_of_work import Flow, Outcome, RequestT
from schema.views import Reader


@dataclass
class Context:
    """The context of one request, or of one socket; the schema's `ReaderPerOperation` makes a copy per operation."""

    actor: Actor
    reader: Reader
    runner: Runner
    hub: Doorbell
    connection_params: Mapping[str, Any] | None = None  # set by Strawberry, from a socket's `connection_init`
    # What the operation's one mutation has answered already: it was carried out, and only its things are still unread.
    answered: Any = None

    async def run(
        self,
        flow: Flow[RequestT, UUID],
        request: RequestT,
        *,
        key: str | None = None,
        dry_run: bool = False,
    ) -> Outcome[UUID]:
        """Run the flow for this actor. What was read before is forgotten, so that what is read next is the present."""
        outcome = await self.runner.run(flow, self.actor, request, key=key, dry_run=dry_run)
        self.reader.forget()
        return outcome

    def become(self, actor: Actor) -> None:
        """From now on this actor asks: a socket learns who it is after it has been opened."""
        self.actor, self.reader = actor, Reader(actor.scope)


def context_for(actor: Actor = ANONYMOUS, *, runner: Runner, hub: Doorbell) -> Context:
    """A fresh context for this actor."""
    return Context(actor, Reader(actor.scope), runner, hub)
