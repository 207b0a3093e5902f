"""Locks on the catalog: so that what is decided about a variant holds until the commit."""

from collections.abc import Collection
from uuid import UUID

from domain.catalog.models import VariantRow


async def lock_variants(ids: Collection[UUID]) -> list[VariantRow]:
    """These variants, locked in the order of their keys, behind their levels; rows may refer to them meanwhile."""
    return await VariantRow.filter(id__in=list(ids)).order_by("id").select_for_update(no_key=True)
