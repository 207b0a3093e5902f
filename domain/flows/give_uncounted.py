"""Units that no location sends: downloads are given with the confirmation, services with the goods they belong to."""

from collections.abc import Collection
from uuid import UUID

from domain.catalog.models import VariantKind, VariantRow
from domain.kernel.sets import add_all
from domain.orders import service as orders
from domain.orders.models import RequirementRow


def is_given_at_confirmation(kind: VariantKind, *, has_goods: bool) -> bool:
    """Whether nothing has to be waited for: a download never waits, a service waits for goods of the same order."""
    return kind == VariantKind.DIGITAL or not has_goods


async def give_uncounted(order_id: UUID, kinds: Collection[VariantKind] = tuple(VariantKind)) -> None:
    """Book the locked order's units that no location sends, of these kinds and not given yet, as delivered."""
    waiting = [each for each in await orders.requirements_of(order_id) if not each.is_stocked and each.unallocated]
    found = await VariantRow.filter(id__in=[each.variant_id for each in waiting]) if waiting else []
    kind_of = {variant.id: variant.kind for variant in found}
    given = [each for each in waiting if each.variant_id is not None and kind_of[each.variant_id] in kinds]
    await add_all(
        RequirementRow,
        {
            each.id: {"unallocated": -each.unallocated, "shipped": each.unallocated, "delivered": each.unallocated}
            for each in given
        },
    )
