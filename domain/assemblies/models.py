"""Rows of assemblies."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.assemblies.lifecycle import AssemblyStatus
from domain.kernel.rows import Row, partial_index, reference


class AssemblyRow(Row):
    """Kits that one location makes to stock out of their components."""

    number = fields.CharField(max_length=24, unique=True, description="Its name for people.")
    variant: Any = reference("VariantRow", "The kit that is made.")
    variant_id: UUID
    sku = fields.CharField(max_length=64, description="The SKU of the kit.")
    location: Any = reference("LocationRow", "Where it is made.", index=False)
    location_id: UUID
    status: Any = fields.CharEnumField(AssemblyStatus, max_length=10, description="How far it is.")
    quantity = fields.IntField(description="Kits to make.")
    made = fields.IntField(default=0, description="Kits that were made: fewer where components were missing.")
    note = fields.CharField(max_length=300, null=True, description="What its planner said about it.")
    created_by = fields.CharField(max_length=80, description="Who planned it.")
    created_at = fields.DatetimeField(description="When it was planned.")
    released_at = fields.DatetimeField(null=True, description="When its components were set aside.")
    ended_at = fields.DatetimeField(null=True, description="When it was completed, or called off.")

    class Meta:
        table = "assemblies"
        indexes = [Index(fields=("created_at", "id")), Index(fields=("location_id", "created_at", "id"))]
        constraints = [
            partial_index("assemblies_open", ("created_at", "id"), "status IN ('DRAFT', 'RELEASED')"),
            CheckConstraint(check="quantity > 0 AND made >= 0 AND made <= quantity", name="assemblies_made_within"),
        ]


class AssemblyLineRow(Row):
    """Units of one component that an assembly needs."""

    assembly: Any = reference("AssemblyRow", "The assembly it is part of.", index=False)
    assembly_id: UUID
    variant: Any = reference("VariantRow", "The component.", index=False)
    variant_id: UUID
    sku = fields.CharField(max_length=64, description="The SKU of the component.")
    units_per_kit = fields.IntField(description="Units of it in one kit.")
    allocated = fields.IntField(default=0, description="Units set aside.")
    used = fields.IntField(default=0, description="Units that became kits.")

    class Meta:
        table = "assembly_lines"
        constraints = [
            UniqueConstraint(fields=("assembly_id", "variant_id"), name="assembly_lines_assembly_variant"),
            CheckConstraint(
                check="units_per_kit > 0 AND allocated >= 0 AND used >= 0", name="assembly_lines_units_not_negative"
            ),
        ]
