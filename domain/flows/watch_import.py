"""An import, watched: as it is, and again whenever something was said of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from domain.imports.models import ImportRow
from domain.kernel.doorbell import Doorbell, Ears
from domain.kernel.streams import Page, Present

# An import runs in a process of its own, which has no bell: whoever watches looks.
LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class ImportStream:
    """One import by its `version`. Only the present is told: progress has no history."""

    import_id: UUID
    imports: Q

    @asynccontextmanager
    async def listen(self, doorbell: Doorbell) -> AsyncIterator[Ears]:
        async with doorbell.listen(self.import_id) as ears:
            yield _Looking(ears)

    async def row(self) -> Any | None:
        """The import, if it is there and may be seen."""
        return await ImportRow.filter(self.imports, id=self.import_id).get_or_none()

    async def keeps(self, place: int) -> bool:
        return place >= 0

    async def read(self, place: int) -> Page[Present] | None:
        now = await self.present()
        if place > now.place:
            return None
        return Page([now] if place < now.place else (), now.place, is_last=True)

    async def present(self) -> Present:
        row = await self.row()
        assert row is not None, "a stream of an import that is gone"
        return Present(row.version, row)

    def place_of(self, event: Present) -> int:
        return event.place


@dataclass(frozen=True)
class _Looking:
    """Ears that hear a ring at least once a second."""

    ears: Ears

    async def wait(self, seconds: float | None) -> bool:
        if seconds is not None and seconds <= LOOK_SECONDS:
            return await self.ears.wait(seconds)
        await self.ears.wait(LOOK_SECONDS)
        return True
