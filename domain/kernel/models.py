"""The kernel's rows: the event log, the feed's head, idempotency keys and jobs."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from domain.kernel.rows import Row, reference


class LogRow(Row):
    """One fact, written in the commit that made it true."""

    order: Any = reference("OrderRow", "The order in whose stream the fact stands.", index=False)
    order_id: UUID
    sequence = fields.IntField(description="Its place in the order's stream: 1, 2, 3 …, the order's version then.")
    position = fields.BigIntField(null=True, unique=True, description="Its place in the feed; stamped after commit.")
    type = fields.CharField(max_length=60, description="What happened, in the past tense.")
    subject_id = fields.UUIDField(null=True, description="The child that it is about.")
    data: Any = fields.JSONField(description="Plain facts: references and numbers, never personal data.")
    actor = fields.CharField(max_length=80, description="Who did it.")
    occurred_at = fields.DatetimeField(description="When it happened.")

    class Meta:
        table = "log"
        constraints = [
            UniqueConstraint(fields=("order_id", "sequence"), name="log_order_sequence"),
            # What waits for its position, in the order in which it will get it: small, however long the log is.
            UniqueConstraint(fields=("sequence", "id"), name="log_unstamped", condition="position IS NULL"),
            CheckConstraint(check="sequence >= 1", name="log_sequence_positive"),
        ]


class StockLogRow(Row):
    """One fact about stock, written in the commit that made it true. What happens to orders stands in their own log."""

    position = fields.BigIntField(null=True, unique=True, description="Its place in the feed; stamped after commit.")
    type = fields.CharField(max_length=60, description="What happened, in the past tense.")
    level: Any = reference("StockLevelRow", "The level that it is about.", null=True, index=False)
    level_id: UUID | None
    subject_id = fields.UUIDField(null=True, description="The thing beside stock that it is about.")
    data: Any = fields.JSONField(description="Plain facts: references and numbers, never personal data.")
    actor = fields.CharField(max_length=80, description="Who did it.")
    occurred_at = fields.DatetimeField(description="When it happened.")

    class Meta:
        table = "stock_log"
        constraints = [UniqueConstraint(fields=("id",), name="stock_log_unstamped", condition="position IS NULL")]


class FeedHeadRow(Model):
    """The last position that was stamped. One row a feed; whoever stamps holds its lock."""

    id = fields.IntField(primary_key=True)
    position = fields.BigIntField()

    class Meta:
        table = "feed_head"


class IdempotencyRow(Row):
    """A caller's name for one intention, and what came of it. Written first in its transaction."""

    principal = fields.CharField(max_length=80, description="Who used the key; the same text by others is another key.")
    key = fields.CharField(max_length=100, description="The caller's name for the intention.")
    operation = fields.CharField(max_length=60, description="Which flow it named.")
    fingerprint = fields.CharField(max_length=64, description="SHA-256 of the canonical input.")
    outcome: Any = fields.JSONField(null=True, description="A reference to the thing that the flow changed.")
    created_at = fields.DatetimeField(description="When it was bound.")
    expires_at = fields.DatetimeField(db_index=True, description="Until when it is kept, at least 30 days.")

    class Meta:
        table = "idempotency_keys"
        constraints = [UniqueConstraint(fields=("principal", "key"), name="idempotency_principal_key")]


class JobRow(Row):
    """Work that follows a fact, durable: claimed with a lease, retried with back-off, dead-lettered."""

    kind = fields.CharField(max_length=60, description="Which reaction does it.")
    payload: Any = fields.JSONField(description="References to what it is about.")
    status = fields.CharField(max_length=10, default="QUEUED", description="QUEUED, RUNNING, DONE or DEAD.")
    attempts = fields.IntField(default=0, description="How often it was begun.")
    run_at = fields.DatetimeField(description="Not before.")
    leased_by = fields.CharField(max_length=80, null=True, description="The worker that has it.")
    leased_until = fields.DatetimeField(null=True, description="When another worker may take it.")
    last_error = fields.TextField(null=True, description="Why the last attempt failed.")
    created_at = fields.DatetimeField(description="When it was enqueued.")
    finished_at = fields.DatetimeField(null=True, description="When it was done, or given up.")

    class Meta:
        table = "jobs"
        indexes = [Index(fields=("status", "run_at"))]
        constraints = [
            CheckConstraint(check="status IN ('QUEUED', 'RUNNING', 'DONE', 'DEAD')", name="jobs_status_known"),
            CheckConstraint(check="attempts >= 0", name="jobs_attempts_not_negative"),
        ]
