"""Stock that can be trusted: what holds its units beside orders, its feed, and a ledger that is asked by SKU and place."""

# ruff: noqa: E501

from typing import Any

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint


async def say_of_what_and_where(_apps: Any, editor: Any) -> None:
    """Every movement that is there has the SKU and the place of its level."""
    await editor.client.execute_script(
        "UPDATE stock_movements SET sku = level.sku, location_id = level.location_id"
        " FROM stock_levels AS level WHERE level.id = stock_movements.level_id"
    )


async def be_single_things(_apps: Any, editor: Any) -> None:
    """Every variant that is there is one thing, whose units are not told apart, and is not sold without stock."""
    await editor.client.execute_script(
        "UPDATE variants SET backorder_policy = 'DENY', composition = 'SINGLE', traceability = 'NONE',"
        " is_first_expired_first_out = false, unit_of_measure = 'each'"
    )


class Migration(migrations.Migration):
    dependencies = [("waybill", "0004_stock_levels_change_in_place")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AssemblyRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("number", fields.CharField(unique=True, max_length=24)),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "waybill.VariantRow",
                        source_field="variant_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("sku", fields.CharField(max_length=64)),
                (
                    "location",
                    fields.ForeignKeyField(
                        "waybill.LocationRow",
                        source_field="location_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("status", fields.CharField(max_length=10)),
                ("quantity", fields.IntField()),
                ("made", fields.IntField(default=0)),
                ("note", fields.CharField(null=True, max_length=300)),
                ("created_by", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("released_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "assemblies",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(
                        fields=("created_at", "id"), name="assemblies_open", condition="status IN ('DRAFT', 'RELEASED')"
                    ),
                    CheckConstraint(
                        check="quantity > 0 AND made >= 0 AND made <= quantity", name="assemblies_made_within"
                    ),
                ],
                "indexes": [Index(fields=["created_at", "id"]), Index(fields=["location_id", "created_at", "id"])],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="AssemblyLineRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "assembly",
                    fields.ForeignKeyField(
                        "waybill.AssemblyRow",
                        source_field="assembly_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "waybill.VariantRow",
                        source_field="variant_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("sku", fields.CharField(max_length=64)),
                ("units_per_kit", fields.IntField()),
                ("allocated", fields.IntField(default=0)),
                ("used", fields.IntField(default=0)),
            ],
            options={
                "table": "assembly_lines",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("assembly_id", "variant_id"), name="assembly_lines_assembly_variant"),
                    CheckConstraint(
                        check="units_per_kit > 0 AND allocated >= 0 AND used >= 0",
                        name="assembly_lines_units_not_negative",
                    ),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="BackorderRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "requirement",
                    fields.ForeignKeyField(
                        "waybill.RequirementRow",
                        source_field="requirement_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "order",
                    fields.ForeignKeyField(
                        "waybill.OrderRow",
                        source_field="order_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "level",
                    fields.ForeignKeyField(
                        "waybill.StockLevelRow",
                        source_field="level_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "waybill.VariantRow",
                        source_field="variant_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "location",
                    fields.ForeignKeyField(
                        "waybill.LocationRow",
                        source_field="location_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("sku", fields.CharField(max_length=64)),
                ("quantity", fields.IntField()),
                ("is_preorder", fields.BooleanField(default=False)),
                ("promised_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "backorders",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("requirement_id", "location_id"), name="backorders_requirement_location"),
                    UniqueConstraint(
                        fields=("level_id", "promised_at", "id"),
                        name="backorders_waiting",
                        condition="ended_at IS NULL",
                    ),
                    UniqueConstraint(
                        fields=("promised_at", "id"), name="backorders_promised", condition="ended_at IS NULL"
                    ),
                    UniqueConstraint(fields=("created_at", "id"), name="backorders_sold", condition="ended_at IS NULL"),
                    CheckConstraint(
                        check="quantity >= 0 AND (ended_at IS NULL) = (quantity > 0)",
                        name="backorders_quantity_until_ended",
                    ),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="ChannelLocationRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "channel",
                    fields.ForeignKeyField(
                        "waybill.ChannelRow",
                        source_field="channel_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "location",
                    fields.ForeignKeyField(
                        "waybill.LocationRow",
                        source_field="location_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("buffer_units", fields.IntField(default=0)),
            ],
            options={
                "table": "channel_locations",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("channel_id", "location_id"), name="channel_locations_channel_location"),
                    CheckConstraint(check="buffer_units >= 0", name="channel_locations_buffer_not_negative"),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="ComponentRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "whole",
                    fields.ForeignKeyField(
                        "waybill.VariantRow",
                        source_field="whole_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "part",
                    fields.ForeignKeyField(
                        "waybill.VariantRow",
                        source_field="part_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("position", fields.IntField()),
                ("units", fields.IntField()),
            ],
            options={
                "table": "components",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("whole_id", "part_id"), name="components_whole_part"),
                    CheckConstraint(check="units > 0 AND whole_id <> part_id", name="components_units_positive"),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="LotRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "level",
                    fields.ForeignKeyField(
                        "waybill.StockLevelRow",
                        source_field="level_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("number", fields.CharField(default="", max_length=60)),
                ("expires_on", fields.DateField(null=True)),
                ("on_hand", fields.IntField(default=0)),
                ("quarantined", fields.IntField(default=0)),
                ("received_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "lots",
                "app": "waybill",
                "constraints": [UniqueConstraint(fields=("level_id", "number"), name="lots_level_number")],
                "indexes": [Index(fields=["level_id", "received_at", "id"])],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="ReservationRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "channel",
                    fields.ForeignKeyField(
                        "waybill.ChannelRow",
                        source_field="channel_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "waybill.CustomerRow",
                        source_field="customer_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "order",
                    fields.ForeignKeyField(
                        "waybill.OrderRow",
                        source_field="order_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("external_reference", fields.CharField(null=True, db_index=True, max_length=100)),
                ("status", fields.CharField(max_length=10)),
                ("created_by", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "reservations",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(
                        fields=("expires_at", "id"), name="reservations_active", condition="status = 'ACTIVE'"
                    )
                ],
                "indexes": [Index(fields=["created_at", "id"])],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="ReservationLineRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "reservation",
                    fields.ForeignKeyField(
                        "waybill.ReservationRow",
                        source_field="reservation_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "level",
                    fields.ForeignKeyField(
                        "waybill.StockLevelRow",
                        source_field="level_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "waybill.VariantRow",
                        source_field="variant_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "location",
                    fields.ForeignKeyField(
                        "waybill.LocationRow",
                        source_field="location_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("sku", fields.CharField(max_length=64)),
                ("quantity", fields.IntField()),
                ("held", fields.IntField()),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "reservation_lines",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(
                        fields=("level_id", "expires_at", "id"),
                        name="reservation_lines_held_at_level",
                        condition="held > 0",
                    ),
                    UniqueConstraint(fields=("expires_at", "id"), name="reservation_lines_held", condition="held > 0"),
                    CheckConstraint(
                        check="quantity > 0 AND held >= 0 AND held <= quantity",
                        name="reservation_lines_held_within_quantity",
                    ),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="SerialNumberRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "waybill.VariantRow",
                        source_field="variant_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("number", fields.CharField(max_length=80)),
                ("status", fields.CharField(max_length=10)),
                (
                    "level",
                    fields.ForeignKeyField(
                        "waybill.StockLevelRow",
                        source_field="level_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("received_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "serial_numbers",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("variant_id", "number"), name="serial_numbers_variant_number")
                ],
                "indexes": [Index(fields=["level_id", "received_at", "id"])],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="ShortageRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "level",
                    fields.ForeignKeyField(
                        "waybill.StockLevelRow",
                        source_field="level_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("is_open", fields.BooleanField(default=True)),
                ("units", fields.IntField()),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("resolved_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "shortages",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("level_id",), name="shortages_open", condition="resolved_at IS NULL"),
                    CheckConstraint(check="units >= 0", name="shortages_units_not_negative"),
                ],
                "indexes": [
                    Index(fields=["opened_at", "id"]),
                    Index(fields=["is_open", "opened_at", "id"]),
                    Index(fields=["level_id", "opened_at", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="SnapshotRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "location",
                    fields.ForeignKeyField(
                        "waybill.LocationRow",
                        source_field="location_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("as_of", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("external_reference", fields.CharField(null=True, max_length=100)),
                ("rows", fields.IntField()),
                ("corrected", fields.IntField()),
                ("outdated", fields.IntField(default=0)),
                ("applied_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("actor", fields.CharField(max_length=80)),
            ],
            options={
                "table": "stock_snapshots",
                "app": "waybill",
                "indexes": [Index(fields=["location_id", "as_of", "id"]), Index(fields=["applied_at", "id"])],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="StockLogRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("position", fields.BigIntField(null=True, unique=True)),
                ("type", fields.CharField(max_length=60)),
                (
                    "level",
                    fields.ForeignKeyField(
                        "waybill.StockLevelRow",
                        source_field="level_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("subject_id", fields.UUIDField(null=True)),
                ("data", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("actor", fields.CharField(max_length=80)),
                ("occurred_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "stock_log",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("id",), name="stock_log_unstamped", condition="position IS NULL")
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="SubstituteRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "waybill.VariantRow",
                        source_field="variant_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "substitute",
                    fields.ForeignKeyField(
                        "waybill.VariantRow",
                        source_field="substitute_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("position", fields.IntField()),
            ],
            options={
                "table": "substitutes",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("variant_id", "substitute_id"), name="substitutes_variant_substitute"),
                    CheckConstraint(check="variant_id <> substitute_id", name="substitutes_another_variant"),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="SupplyRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("number", fields.CharField(unique=True, max_length=24)),
                ("kind", fields.CharField(max_length=20)),
                ("supplier", fields.CharField(max_length=120)),
                ("external_reference", fields.CharField(null=True, db_index=True, max_length=100)),
                (
                    "location",
                    fields.ForeignKeyField(
                        "waybill.LocationRow",
                        source_field="location_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("status", fields.CharField(max_length=20)),
                ("currency", fields.CharField(max_length=3)),
                ("expected_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_by", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("confirmed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "supplies",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(
                        fields=("created_at", "id"),
                        name="supplies_open",
                        condition="status NOT IN ('RECEIVED', 'CANCELED')",
                    )
                ],
                "indexes": [Index(fields=["created_at", "id"]), Index(fields=["location_id", "created_at", "id"])],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="SupplyLineRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "supply",
                    fields.ForeignKeyField(
                        "waybill.SupplyRow",
                        source_field="supply_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "waybill.VariantRow",
                        source_field="variant_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "location",
                    fields.ForeignKeyField(
                        "waybill.LocationRow",
                        source_field="location_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("sku", fields.CharField(max_length=64)),
                ("ordered", fields.IntField()),
                ("expected", fields.IntField(default=0)),
                ("received", fields.IntField(default=0)),
                ("currency", fields.CharField(max_length=3)),
                ("unit_cost_minor", fields.BigIntField(null=True)),
                ("expected_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "supply_lines",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("supply_id", "variant_id"), name="supply_lines_supply_variant"),
                    UniqueConstraint(
                        fields=("variant_id", "location_id", "expected_at", "id"),
                        name="supply_lines_expected",
                        condition="expected > 0",
                    ),
                    CheckConstraint(
                        check="ordered > 0 AND expected >= 0 AND expected <= ordered AND received >= 0",
                        name="supply_lines_units_not_negative",
                    ),
                    CheckConstraint(
                        check="unit_cost_minor IS NULL OR unit_cost_minor >= 0", name="supply_lines_cost_not_negative"
                    ),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="TransferRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("number", fields.CharField(unique=True, max_length=24)),
                (
                    "source",
                    fields.ForeignKeyField(
                        "waybill.LocationRow",
                        source_field="source_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "destination",
                    fields.ForeignKeyField(
                        "waybill.LocationRow",
                        source_field="destination_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("status", fields.CharField(max_length=20)),
                ("note", fields.CharField(null=True, max_length=300)),
                ("expected_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_by", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("released_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("dispatched_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "transfers",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(
                        fields=("created_at", "id"),
                        name="transfers_open",
                        condition="status NOT IN ('RECEIVED', 'CANCELED')",
                    ),
                    CheckConstraint(check="source_id <> destination_id", name="transfers_another_place"),
                ],
                "indexes": [
                    Index(fields=["created_at", "id"]),
                    Index(fields=["source_id", "created_at", "id"]),
                    Index(fields=["destination_id", "created_at", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="TransferLineRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "transfer",
                    fields.ForeignKeyField(
                        "waybill.TransferRow",
                        source_field="transfer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "waybill.VariantRow",
                        source_field="variant_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("sku", fields.CharField(max_length=64)),
                ("quantity", fields.IntField()),
                ("short", fields.IntField(default=0)),
                ("allocated", fields.IntField(default=0)),
                ("dispatched", fields.IntField(default=0)),
                ("received", fields.IntField(default=0)),
                ("written_off", fields.IntField(default=0)),
                ("surplus", fields.IntField(default=0)),
                ("damaged", fields.IntField(default=0)),
            ],
            options={
                "table": "transfer_lines",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("transfer_id", "variant_id"), name="transfer_lines_transfer_variant"),
                    CheckConstraint(
                        check="quantity >= 0 AND quantity + short > 0 AND short >= 0 AND allocated >= 0 AND dispatched >= 0 AND received >= 0 AND written_off >= 0 AND surplus >= 0 AND damaged >= 0 AND allocated + dispatched <= quantity AND received + written_off <= dispatched AND damaged <= received + surplus",
                        name="transfer_lines_units_add_up",
                    ),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="UploadRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("filename", fields.CharField(max_length=200)),
                ("media_type", fields.CharField(max_length=100)),
                ("content", fields.BinaryField()),
                ("size", fields.IntField()),
                ("sha256", fields.CharField(max_length=64)),
                ("created_by", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("is_forgotten", fields.BooleanField(default=False)),
                ("expires_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "uploads", "app": "waybill", "pk_attr": "id"},
            bases=["Row"],
        ),
        ops.CreateModel(
            name="BulkRunRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "upload",
                    fields.ForeignKeyField(
                        "waybill.UploadRow",
                        source_field="upload_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("filename", fields.CharField(max_length=200)),
                ("mode", fields.CharField(max_length=10)),
                ("is_dry_run", fields.BooleanField()),
                ("status", fields.CharField(max_length=10)),
                ("rows", fields.IntField()),
                ("done", fields.IntField(default=0)),
                ("applied", fields.IntField(default=0)),
                ("unchanged", fields.IntField(default=0)),
                ("refused", fields.IntField(default=0)),
                ("note", fields.CharField(null=True, max_length=300)),
                ("created_by", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "bulk_runs",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(
                        fields=("created_at", "id"), name="bulk_runs_open", condition="status IN ('QUEUED', 'RUNNING')"
                    ),
                    CheckConstraint(
                        check="rows >= 0 AND done >= 0 AND done <= rows AND done = applied + unchanged + refused",
                        name="bulk_runs_rows_add_up",
                    ),
                ],
                "indexes": [Index(fields=["created_at", "id"])],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="BulkRowRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "run",
                    fields.ForeignKeyField(
                        "waybill.BulkRunRow",
                        source_field="run_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.NO_ACTION,
                    ),
                ),
                ("number", fields.IntField()),
                ("sku", fields.CharField(max_length=64)),
                ("location", fields.CharField(max_length=40)),
                ("outcome", fields.CharField(max_length=10)),
                ("change", fields.IntField(default=0)),
                ("code", fields.CharField(null=True, max_length=40)),
                ("message", fields.CharField(null=True, max_length=300)),
            ],
            options={
                "table": "bulk_rows",
                "app": "waybill",
                "constraints": [
                    UniqueConstraint(fields=("run_id", "number"), name="bulk_rows_run_number"),
                    UniqueConstraint(
                        fields=("run_id", "number", "id"), name="bulk_rows_refused", condition="outcome = 'REFUSED'"
                    ),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.AddConstraint(
            model_name="AllocationRow",
            constraint=UniqueConstraint(
                fields=("variant_id", "location_id", "id"), name="allocations_held_at_level", condition="quantity > 0"
            ),
        ),
        ops.AddConstraint(
            model_name="RequirementRow",
            constraint=UniqueConstraint(
                fields=("order_id", "id"), name="requirements_waiting", condition="waiting > 0"
            ),
        ),
        ops.AddField(
            model_name="StockLevelRow",
            name="low_stock_at",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="StockLevelRow",
            name="rotation",
            field=fields.CharField(null=True, max_length=4),
        ),
        ops.AlterField(
            model_name="StockMovementRow",
            name="cause",
            field=fields.CharField(max_length=24),
        ),
        ops.AddField(
            model_name="StockMovementRow",
            name="location_id",
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name="StockMovementRow",
            name="lot",
            field=fields.ForeignKeyField(
                "waybill.LotRow",
                source_field="lot_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.NO_ACTION,
            ),
        ),
        ops.AddField(
            model_name="StockMovementRow",
            name="reason",
            field=fields.CharField(null=True, max_length=12),
        ),
        ops.AddField(
            model_name="StockMovementRow",
            name="sku",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.RunPython(say_of_what_and_where),
        ops.AlterField(
            model_name="StockMovementRow",
            name="location_id",
            field=fields.UUIDField(),
        ),
        ops.AlterField(
            model_name="StockMovementRow",
            name="sku",
            field=fields.CharField(max_length=64),
        ),
        ops.AddField(
            model_name="StockMovementRow",
            name="subject_id",
            field=fields.UUIDField(null=True),
        ),
        ops.AddIndex(
            model_name="StockMovementRow",
            index=Index(fields=["occurred_at", "id"]),
        ),
        ops.AddIndex(
            model_name="StockMovementRow",
            index=Index(fields=["sku", "occurred_at", "id"]),
        ),
        ops.AddIndex(
            model_name="StockMovementRow",
            index=Index(fields=["location_id", "occurred_at", "id"]),
        ),
        ops.AddConstraint(
            model_name="StockMovementRow",
            constraint=UniqueConstraint(
                fields=("cause", "occurred_at", "id"),
                name="stock_movements_cause",
                condition="cause NOT IN ('ALLOCATED', 'SHIPPED')",
            ),
        ),
        ops.AddConstraint(
            model_name="StockMovementRow",
            constraint=UniqueConstraint(
                fields=("subject_id", "occurred_at", "id"),
                name="stock_movements_subject",
                condition="subject_id IS NOT NULL",
            ),
        ),
        ops.AddConstraint(
            model_name="StockMovementRow",
            constraint=UniqueConstraint(
                fields=("lot_id", "occurred_at", "id"), name="stock_movements_lot", condition="lot_id IS NOT NULL"
            ),
        ),
        ops.AddField(
            model_name="VariantRow",
            name="available_from",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="VariantRow",
            name="backorder_limit",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="VariantRow",
            name="backorder_policy",
            field=fields.CharField(null=True, max_length=10),
        ),
        ops.AddField(
            model_name="VariantRow",
            name="composition",
            field=fields.CharField(null=True, max_length=10),
        ),
        ops.AddField(
            model_name="VariantRow",
            name="is_first_expired_first_out",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="VariantRow",
            name="traceability",
            field=fields.CharField(null=True, max_length=10),
        ),
        ops.AddField(
            model_name="VariantRow",
            name="unit_of_measure",
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.RunPython(be_single_things),
        ops.AlterField(
            model_name="VariantRow",
            name="backorder_policy",
            field=fields.CharField(max_length=10),
        ),
        ops.AlterField(
            model_name="VariantRow",
            name="composition",
            field=fields.CharField(max_length=10),
        ),
        ops.AlterField(
            model_name="VariantRow",
            name="is_first_expired_first_out",
            field=fields.BooleanField(default=False),
        ),
        ops.AlterField(
            model_name="VariantRow",
            name="traceability",
            field=fields.CharField(max_length=10),
        ),
        ops.AlterField(
            model_name="VariantRow",
            name="unit_of_measure",
            field=fields.CharField(default="each", max_length=16),
        ),
        ops.AddConstraint(
            model_name="VariantRow",
            constraint=CheckConstraint(
                check="backorder_limit IS NULL OR backorder_limit >= 0", name="variants_backorder_limit_not_negative"
            ),
        ),
    ]
