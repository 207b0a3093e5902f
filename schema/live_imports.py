"""What the stream of an import sends."""

import strawberry

from schema.imports import Import
from schema.scalars import Cursor


@strawberry.type(description="An import as it is now: all that was said of it since the last message is in it.")
class ImportMessage:
    cursor: Cursor = strawberry.field(
        description="Give it as `after`, and nothing is sent until something else is said of the import."
    )
    the_import: Import = strawberry.field(name="import", description="The import.")
