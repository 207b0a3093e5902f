"""Rows of customers."""

from tortoise import fields
from tortoise.indexes import Index

from domain.kernel.rows import Row


class CustomerRow(Row):
    """Who buys."""

    email = fields.CharField(max_length=254, null=True, unique=True, description="Where mail reaches them, lower case.")
    name = fields.CharField(max_length=160, default="", description="Their name.")
    phone = fields.CharField(max_length=40, null=True, description="Where calls reach them, E.164.")
    external_reference = fields.CharField(max_length=100, null=True, unique=True, description="Their id elsewhere.")
    created_at = fields.DatetimeField(description="When we first knew them.")

    class Meta:
        table = "customers"
        indexes = [Index(fields=("created_at", "id")), Index(fields=("name", "created_at", "id"))]
