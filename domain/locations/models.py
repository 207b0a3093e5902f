"""Rows of locations."""

from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

from domain.kernel.rows import Row


class LocationKind(StrEnum):
    """What sort of place it is."""

    WAREHOUSE = "WAREHOUSE"
    STORE = "STORE"
    THIRD_PARTY = "THIRD_PARTY"
    SUPPLIER = "SUPPLIER"


class LocationRow(Row):
    """A place that holds and ships stock."""

    code = fields.CharField(max_length=40, unique=True, description="Its short name, such as ber-1.")
    name = fields.CharField(max_length=120, description="Its name for people.")
    kind: Any = fields.CharEnumField(LocationKind, max_length=20, description="What sort of place it is.")
    legal_entity = fields.CharField(max_length=120, description="The company that runs it.")
    time_zone = fields.CharField(max_length=60, description="Its IANA time zone.")
    country_code = fields.CharField(max_length=2, description="ISO 3166-1 alpha-2.")
    postal_code = fields.CharField(max_length=20, description="Its postal code.")
    city = fields.CharField(max_length=80, description="Its city.")
    street = fields.CharField(max_length=160, description="Street and number.")
    priority = fields.IntField(default=100, description="Lower is asked first for stock.")
    allows_negative_on_hand = fields.BooleanField(default=False, description="Whether facts may take on hand below 0.")
    is_active = fields.BooleanField(default=True, description="Whether it takes work.")

    class Meta:
        table = "locations"
        constraints = [CheckConstraint(check="priority >= 0", name="locations_priority_not_negative")]
