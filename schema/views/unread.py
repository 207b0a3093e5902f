"""Things that are named, but not read yet: somebody else reads them, all in one statement."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from schema.views.reader import Reader


@dataclass(frozen=True, slots=True)
class Unread:
    """The thing with this primary key, still to be read."""

    view: type[Any]
    key: UUID


class Naming(Reader):
    """A reader that reads nothing: it remembers what it was asked for."""

    async def load(self, view: type[Any], key: UUID) -> Any:
        """Its name in its place."""
        return Unread(view, key)
