"""Rows of whose access was revoked."""

from tortoise import fields

from domain.kernel.rows import Row


class RevokedAccessRow(Row):
    """A party whose older credentials are believed no more. Kept for ever: nobody knows how long those would live."""

    principal = fields.CharField(max_length=80, unique=True, description="Who: `staff:…` or `customer:…`.")
    not_before = fields.DatetimeField(db_index=True, description="Nothing that was issued before is believed.")

    class Meta:
        table = "revoked_access"
