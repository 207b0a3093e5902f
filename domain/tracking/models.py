"""Rows of tracking links."""

from typing import Any
from uuid import UUID

from tortoise import fields

from domain.kernel.rows import Row, reference


class TrackingLinkRow(Row):
    """A link that opens one order to whoever holds it. Only the token's hash is kept."""

    order: Any = reference("OrderRow", "The one order that it opens.")
    order_id: UUID
    token_hash = fields.CharField(max_length=64, unique=True, description="SHA-256 of the token, in hex.")
    created_at = fields.DatetimeField(description="When it was made.")
    expires_at = fields.DatetimeField(description="Until when it opens the order.")

    class Meta:
        table = "tracking_links"
