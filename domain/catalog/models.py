"""Rows of the catalog: products, their variants, and what these cost per channel."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.kernel.rows import Row, reference


class VariantKind(StrEnum):
    """How a variant reaches its buyer."""

    PHYSICAL = "PHYSICAL"
    DIGITAL = "DIGITAL"
    SERVICE = "SERVICE"


class Composition(StrEnum):
    """What a unit of a variant consists of."""

    SINGLE = "SINGLE"
    BUNDLE = "BUNDLE"
    KIT = "KIT"


class BackorderPolicy(StrEnum):
    """What becomes of an order for more units than can be promised."""

    DENY = "DENY"
    BACKORDER = "BACKORDER"
    PREORDER = "PREORDER"


class Traceability(StrEnum):
    """How closely units are told apart."""

    NONE = "NONE"
    LOT = "LOT"
    SERIAL = "SERIAL"


class ProductRow(Row):
    """Something on sale, in one or more variants."""

    handle = fields.CharField(max_length=80, unique=True, description="Its short name in addresses.")
    title = fields.CharField(max_length=200, description="Its name for buyers.")
    description = fields.TextField(default="", description="What it is.")
    is_active = fields.BooleanField(default=True, description="Whether it is on sale.")
    created_at = fields.DatetimeField(description="When it was entered.")

    class Meta:
        table = "products"
        indexes = [Index(fields=("created_at", "id")), Index(fields=("title", "id"))]


class VariantRow(Row):
    """The sellable unit."""

    product: Any = reference("ProductRow", "The product it is a variant of.")
    product_id: UUID
    sku = fields.CharField(max_length=64, unique=True, description="Stock keeping unit: its name in every document.")
    title = fields.CharField(max_length=200, description="What tells it from the product's other variants.")
    kind: Any = fields.CharEnumField(VariantKind, max_length=10, description="How it reaches its buyer.")
    is_stock_tracked = fields.BooleanField(default=True, description="Whether units of it are counted.")
    is_active = fields.BooleanField(default=True, description="Whether it is on sale.")
    composition: Any = fields.CharEnumField(
        Composition, max_length=10, default=Composition.SINGLE, description="What a unit of it consists of."
    )
    backorder_policy: Any = fields.CharEnumField(
        BackorderPolicy, max_length=10, default=BackorderPolicy.DENY, description="Whether it is sold without stock."
    )
    backorder_limit = fields.IntField(null=True, description="Most units that may wait for stock in all.")
    available_from = fields.DatetimeField(null=True, description="When a preordered one is released.")
    traceability: Any = fields.CharEnumField(
        Traceability, max_length=10, default=Traceability.NONE, description="How closely units are told apart."
    )
    is_first_expired_first_out = fields.BooleanField(
        default=False, description="Whether the lot that expires first leaves first (FEFO)."
    )
    unit_of_measure = fields.CharField(max_length=16, default="each", description="What a unit is: each, metre, box.")
    weight_grams = fields.IntField(null=True, description="Weight of one unit, packed, in grams.")
    length_mm = fields.IntField(null=True, description="Longest side, packed, in millimetres.")
    width_mm = fields.IntField(null=True, description="Middle side, packed, in millimetres.")
    height_mm = fields.IntField(null=True, description="Shortest side, packed, in millimetres.")

    class Meta:
        table = "variants"
        constraints = [
            CheckConstraint(
                check="(weight_grams IS NULL OR weight_grams >= 0) AND (length_mm IS NULL OR length_mm > 0)"
                " AND (width_mm IS NULL OR width_mm > 0) AND (height_mm IS NULL OR height_mm > 0)",
                name="variants_measures_positive",
            ),
            CheckConstraint(
                check="backorder_limit IS NULL OR backorder_limit >= 0", name="variants_backorder_limit_not_negative"
            ),
        ]


class ComponentRow(Row):
    """What one unit of a bundle or kit consists of: units of another SKU."""

    whole: Any = reference("VariantRow", "The bundle or kit.", index=False)
    whole_id: UUID
    part: Any = reference("VariantRow", "What it consists of.")
    part_id: UUID
    position = fields.IntField(description="Its place among the parts, from 1.")
    units = fields.IntField(description="Units of the part in one unit of the whole.")

    class Meta:
        table = "components"
        constraints = [
            UniqueConstraint(fields=("whole_id", "part_id"), name="components_whole_part"),
            CheckConstraint(check="units > 0 AND whole_id <> part_id", name="components_units_positive"),
        ]


class SubstituteRow(Row):
    """Another SKU that may be sent in a variant's place, where the buyer accepts one."""

    variant: Any = reference("VariantRow", "What was bought.", index=False)
    variant_id: UUID
    substitute: Any = reference("VariantRow", "What may be sent instead.")
    substitute_id: UUID
    position = fields.IntField(description="Its place among the substitutes, from 1: the first is tried first.")

    class Meta:
        table = "substitutes"
        constraints = [
            UniqueConstraint(fields=("variant_id", "substitute_id"), name="substitutes_variant_substitute"),
            CheckConstraint(check="variant_id <> substitute_id", name="substitutes_another_variant"),
        ]


class PriceRow(Row):
    """What one unit costs in one channel, tax included."""

    variant: Any = reference("VariantRow", "What is sold.", index=False)
    variant_id: UUID
    channel: Any = reference("ChannelRow", "Where it is sold.", index=False)
    channel_id: UUID
    currency = fields.CharField(max_length=3, description="The channel's currency.")
    amount_minor = fields.BigIntField(description="Minor units for one unit, tax included.")

    class Meta:
        table = "prices"
        constraints = [
            UniqueConstraint(fields=("variant_id", "channel_id"), name="prices_variant_channel"),
            CheckConstraint(check="amount_minor >= 0", name="prices_amount_not_negative"),
        ]
