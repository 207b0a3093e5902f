"""Who may see sales channels, and which of them take orders."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import Q

from domain.kernel.actor import Permission, Scope
from domain.kernel.lookups import Found, LookUp
from domain.kernel.visibility import EVERYTHING, NOTHING


def visible_channels(scope: Scope) -> Q:
    """Channels: all, for whoever may read the catalog. Customers order in them, and see where they did."""
    return EVERYTHING if scope.may(Permission.READ_CATALOG) else NOTHING


@dataclass(frozen=True)
class OpenChannel:
    """A channel that takes orders."""

    id: UUID
    code: str
    currency: str


def open_channels(codes: Collection[str]) -> LookUp[dict[str, OpenChannel]]:
    """Those of these codes that take orders."""
    return LookUp("SELECT id, code, currency FROM channels WHERE code {0} AND is_active", (codes,), _channels)


def _channels(rows: list[Found]) -> dict[str, OpenChannel]:
    return {row["code"]: OpenChannel(**row) for row in rows}
