"""Rows of tracking links, and of what is tried with them."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.kernel.rows import Row, partial_index, reference


class AttemptKind(StrEnum):
    """What is tried, and must not be tried too often."""

    PROOF = "PROOF"
    NEW_LINK = "NEW_LINK"


class TrackingLinkRow(Row):
    """A link that opens one order to whoever holds it. Only the token's hash is kept."""

    order: Any = reference("OrderRow", "The one order that it opens.")
    order_id: UUID
    token_hash = fields.CharField(max_length=64, unique=True, description="SHA-256 of the token, in hex.")
    created_at = fields.DatetimeField(description="When it was made.")
    expires_at = fields.DatetimeField(description="Until when it opens the order.")
    revoked_at = fields.DatetimeField(null=True, description="Since when it opens nothing any more, before its time.")

    class Meta:
        table = "tracking_links"
        # Every process asks each second for those revoked lately, and there are few.
        constraints = [partial_index("tracking_links_revoked", ("revoked_at", "id"), "revoked_at IS NOT NULL")]


class TrackingAttemptsRow(Row):
    """How often something was tried with an order lately, by whoever does not have to say who they are."""

    order: Any = reference("OrderRow", "The order that it was tried with.", index=False)
    order_id: UUID
    kind: Any = fields.CharEnumField(AttemptKind, max_length=10, description="What was tried.")
    spent = fields.IntField(default=0, description="How often, since then.")
    since = fields.DatetimeField(description="Since when it is counted.")

    class Meta:
        table = "tracking_attempts"
        constraints = [
            UniqueConstraint(fields=("order_id", "kind"), name="tracking_attempts_order_kind"),
            CheckConstraint(check="spent >= 0", name="tracking_attempts_not_negative"),
        ]
