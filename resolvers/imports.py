"""Queries about imports, and how far one is, live."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry

from domain.flows.watch_import import ImportStream
from domain.imports.queries import visible_imports
from domain.kernel.actor import Permission
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.ids import parse_global_id
from domain.kernel.streams import Present
from resolvers.context import Context
from resolvers.live import VIEW, AfterView
from resolvers.streaming import messages, refused, require
from schema.cursors import StreamKind, place_in, stream_cursor
from schema.imports import Import, ImportOrdering, ImportWhere, which_import
from schema.live_imports import ImportMessage
from schema.views import Connection, connection, named


@strawberry.type(description="Orders that are taken over from files.")
class ImportQuery:
    imports: Connection[Import] = connection(
        ("-started_at",), where=ImportWhere, order_by=ImportOrdering, doc="Imports, the newest first; for staff."
    )
    the_import: Import | None = named(
        which_import,
        name="import",
        id=(strawberry.ID, "Its global id."),
        doc="One import; null when it is not there, or not for you to see.",
    )


@strawberry.type
class ImportSubscription:
    """What can be watched of imports."""

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="How far an import is: as it is now, and again whenever it got further or ended, looked at once a"
        " second. It does not end with the import, whose `status` tells that." + VIEW
    )
    async def import_changed(
        self,
        info: strawberry.Info[Context, None],
        the_import: Annotated[strawberry.ID, strawberry.argument(name="import", description="Which import.")],
        after: AfterView = None,
    ) -> AsyncGenerator[ImportMessage, None]:
        require(info.context, Permission.READ_ORDERS)
        stream = await _visible(info.context, the_import)
        place = None if after is None else place_in(StreamKind.IMPORT, stream.import_id, after)

        def message(now: Present) -> ImportMessage:
            shown: Any = now.thing  # the row itself stands for the view of it
            return ImportMessage(cursor=stream_cursor(StreamKind.IMPORT, stream.import_id, now.place), the_import=shown)

        return messages(info.context, stream, place, message)


async def _visible(context: Context, named_import: strawberry.ID) -> ImportStream:
    """The import's stream. Raises what is no id, and NotFound for one that there is not, or not to be seen."""
    try:
        import_id = parse_global_id("import", named_import, path=("import",))
        stream = ImportStream(import_id, visible_imports(context.actor.scope))
        if await stream.row() is None:
            raise NotFound("import", named_import, path=("import",))
    except DomainError as refusal:
        raise refused(refusal) from None
    return stream
