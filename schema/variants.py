"""What the verbs about variants answer."""

import strawberry

from schema.catalog import Variant
from schema.payloads import Payload, now


@strawberry.type(description="What became of setting a variant's policy.")
class VariantSetPolicyPayload(Payload):
    """The answer of `variantSetPolicy`."""

    variant: Variant | None = now("The variant", is_new=True)


@strawberry.type(description="What became of setting a variant's components.")
class VariantSetComponentsPayload(Payload):
    """The answer of `variantSetComponents`."""

    variant: Variant | None = now("The variant", is_new=True)


@strawberry.type(description="What became of setting a variant's substitutes.")
class VariantSetSubstitutesPayload(Payload):
    """The answer of `variantSetSubstitutes`."""

    variant: Variant | None = now("The variant", is_new=True)


@strawberry.type(description="What became of setting a variant's traceability.")
class VariantSetTraceabilityPayload(Payload):
    """The answer of `variantSetTraceability`."""

    variant: Variant | None = now("The variant", is_new=True)
