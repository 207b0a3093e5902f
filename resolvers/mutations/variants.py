"""Verbs about variants that are there: how they are sold, and what they consist of."""

from typing import Annotated

import strawberry

from domain.flows.keep_variants import set_variant_components, set_variant_substitutes
from domain.flows.set_variant_policy import set_variant_policy
from domain.flows.trace_variant import set_variant_traceability
from resolvers.mutations.deed import ASKED, Info, done
from schema.catalog import Variant
from schema.inputs.variants import (
    VariantSetComponentsInput,
    VariantSetPolicyInput,
    VariantSetSubstitutesInput,
    VariantSetTraceabilityInput,
)
from schema.variants import (
    VariantSetComponentsPayload,
    VariantSetPolicyPayload,
    VariantSetSubstitutesPayload,
    VariantSetTraceabilityPayload,
)


@strawberry.type
class VariantMutations:
    """Verbs about variants that are there."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Refuse, backorder or preorder what cannot be promised of a variant. Who waits already keeps "
        "waiting, and is served as soon as the variant may be sent."
    )
    async def variant_set_policy(
        self, info: Info, input: Annotated[VariantSetPolicyInput, ASKED]
    ) -> VariantSetPolicyPayload:
        return await done(info, set_variant_policy, input, VariantSetPolicyPayload, variant=Variant)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Make a variant a bundle, which is sent as its components, a kit, which is made to stock of them, "
        "or a single thing. Orders that were placed keep what they need."
    )
    async def variant_set_components(
        self, info: Info, input: Annotated[VariantSetComponentsInput, ASKED]
    ) -> VariantSetComponentsPayload:
        return await done(info, set_variant_components, input, VariantSetComponentsPayload, variant=Variant)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Say what may be sent in a variant's place, where the buyer accepts it."
    )
    async def variant_set_substitutes(
        self, info: Info, input: Annotated[VariantSetSubstitutesInput, ASKED]
    ) -> VariantSetSubstitutesPayload:
        return await done(info, set_variant_substitutes, input, VariantSetSubstitutesPayload, variant=Variant)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Tell the units of a variant apart by lot, by serial number or not at all; refused while there "
        "are units on hand that were not told apart so."
    )
    async def variant_set_traceability(
        self, info: Info, input: Annotated[VariantSetTraceabilityInput, ASKED]
    ) -> VariantSetTraceabilityPayload:
        return await done(info, set_variant_traceability, input, VariantSetTraceabilityPayload, variant=Variant)
