"""Rows of supplies: orders to suppliers and advance shipping notices."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.kernel.rows import Row, partial_index, reference
from domain.supplies.lifecycle import SupplyStatus


class SupplyKind(StrEnum):
    """What we know it from."""

    PURCHASE_ORDER = "PURCHASE_ORDER"
    SHIPPING_NOTICE = "SHIPPING_NOTICE"


class SupplyRow(Row):
    """What a supplier will bring to one location."""

    number = fields.CharField(max_length=24, unique=True, description="Its name for people.")
    kind: Any = fields.CharEnumField(SupplyKind, max_length=20, description="What we know it from.")
    supplier = fields.CharField(max_length=120, description="Who brings it.")
    external_reference = fields.CharField(max_length=100, null=True, db_index=True, description="The supplier's name.")
    location: Any = reference("LocationRow", "Where it comes to.", index=False)
    location_id: UUID
    status: Any = fields.CharEnumField(SupplyStatus, max_length=20, description="How far it is.")
    currency = fields.CharField(max_length=3, description="The currency of its costs.")
    expected_at = fields.DatetimeField(null=True, description="When it should arrive.")
    created_by = fields.CharField(max_length=80, description="Who entered it.")
    created_at = fields.DatetimeField(description="When it was entered.")
    confirmed_at = fields.DatetimeField(null=True, description="When the supplier confirmed it.")
    ended_at = fields.DatetimeField(null=True, description="When nothing was expected any more.")

    class Meta:
        table = "supplies"
        indexes = [
            Index(fields=("created_at", "id")),
            Index(fields=("location_id", "created_at", "id")),
        ]
        constraints = [
            partial_index("supplies_open", ("created_at", "id"), "status NOT IN ('RECEIVED', 'CANCELED')"),
        ]


class SupplyLineRow(Row):
    """Units of one SKU that a supplier will bring."""

    supply: Any = reference("SupplyRow", "The supply it is part of.", index=False)
    supply_id: UUID
    variant: Any = reference("VariantRow", "What comes.", index=False)
    variant_id: UUID
    location: Any = reference("LocationRow", "Where it comes to.", index=False)
    location_id: UUID
    sku = fields.CharField(max_length=64, description="The SKU that comes.")
    ordered = fields.IntField(description="Units ordered.")
    expected = fields.IntField(default=0, description="Units still expected: they stand in the level's incoming.")
    received = fields.IntField(default=0, description="Units that arrived, also beyond what was ordered.")
    currency = fields.CharField(max_length=3, description="The supply's currency.")
    unit_cost_minor = fields.BigIntField(null=True, description="What one unit costs us, in minor units.")
    expected_at = fields.DatetimeField(null=True, description="When it should arrive.")

    class Meta:
        table = "supply_lines"
        constraints = [
            UniqueConstraint(fields=("supply_id", "variant_id"), name="supply_lines_supply_variant"),
            partial_index("supply_lines_expected", ("variant_id", "location_id", "expected_at", "id"), "expected > 0"),
            CheckConstraint(
                check="ordered > 0 AND expected >= 0 AND expected <= ordered AND received >= 0",
                name="supply_lines_units_not_negative",
            ),
            CheckConstraint(
                check="unit_cost_minor IS NULL OR unit_cost_minor >= 0", name="supply_lines_cost_not_negative"
            ),
        ]
