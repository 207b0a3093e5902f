"""What may be promised of some variants: their levels locked, and what overdue reservations still hold given back."""

from collections.abc import Collection
from uuid import UUID

from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.service import Free


async def lock_free(tx: UnitOfWork, variant_ids: Collection[UUID]) -> list[Free]:  # noqa: ARG001
    """What is free of these variants at every location; their levels are locked, in the order of their keys."""
    return await stock.lock_free(variant_ids)
