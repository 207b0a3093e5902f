"""What is said about a variant once it is there."""

from datetime import datetime

import strawberry

from domain.catalog.models import BackorderPolicy, Composition, Traceability
from domain.flows.keep_variants import SetVariantComponents, SetVariantSubstitutes
from domain.flows.placement import Component
from domain.flows.set_variant_policy import SetVariantPolicy
from domain.flows.trace_variant import SetVariantTraceability
from schema.inputs.intentions import Intention
from schema.inputs.placing import ComponentInput


@strawberry.input(description="Whether a variant is sold beyond what can be promised.")
class VariantSetPolicyInput(Intention):
    """What `variantSetPolicy` is given."""

    sku: str = strawberry.field(description="Of which SKU.")
    backorder_policy: BackorderPolicy = strawberry.field(
        description="What becomes of orders for more than can be promised."
    )
    backorder_limit: int | None = strawberry.field(
        default=None, description="Most units that may wait, at all locations together. Without it: any number."
    )
    available_from: datetime | None = strawberry.field(
        default=None, description="When it is released. Needed for `PREORDER`, refused for anything else."
    )

    def request(self) -> SetVariantPolicy:
        """What `set_variant_policy` is asked."""
        return SetVariantPolicy(self.sku, self.backorder_policy, self.backorder_limit, self.available_from)


@strawberry.input(description="What a unit of a variant consists of.")
class VariantSetComponentsInput(Intention):
    """What `variantSetComponents` is given."""

    sku: str = strawberry.field(description="The bundle or kit.")
    composition: Composition = strawberry.field(description="What it is from now on.")
    components: list[ComponentInput] = strawberry.field(
        default_factory=list,
        description="1 to 100 parts, in place of those that it had; none for a `SINGLE` thing. No part is a bundle, "
        "and none is made of what it is a part of.",
    )

    def request(self) -> SetVariantComponents:
        """What `set_variant_components` is asked."""
        parts = tuple(Component(each.sku, each.units) for each in self.components)
        return SetVariantComponents(self.sku, self.composition, parts)


@strawberry.input(description="What may be sent in a variant's place.")
class VariantSetSubstitutesInput(Intention):
    """What `variantSetSubstitutes` is given."""

    sku: str = strawberry.field(description="What was bought.")
    substitutes: list[str] = strawberry.field(
        description="SKUs, at most 20, in place of those that it had; the first is tried first."
    )

    def request(self) -> SetVariantSubstitutes:
        """What `set_variant_substitutes` is asked."""
        return SetVariantSubstitutes(self.sku, tuple(self.substitutes))


@strawberry.input(description="How closely the units of a variant are told apart.")
class VariantSetTraceabilityInput(Intention):
    """What `variantSetTraceability` is given."""

    sku: str = strawberry.field(description="Of which SKU.")
    traceability: Traceability = strawberry.field(description="How closely its units are told apart.")
    is_first_expired_first_out: bool = strawberry.field(
        default=False, description="Whether the lot that expires first leaves first (FEFO). For `LOT` only."
    )
    unit_of_measure: str = strawberry.field(default="each", description="What a unit is: each, metre, box.")

    def request(self) -> SetVariantTraceability:
        """What `set_variant_traceability` is asked."""
        return SetVariantTraceability(
            self.sku, self.traceability, self.is_first_expired_first_out, self.unit_of_measure
        )
