"""What can happen to the money of an order."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import OrderFact


@dataclass(frozen=True)
class _PaymentFact(OrderFact):
    """A fact about one payment."""

    payment_id: UUID

    subject: ClassVar[str | None] = "payment_id"


@dataclass(frozen=True)
class PaymentExpected(_PaymentFact):
    """Money should come."""


@dataclass(frozen=True)
class PaymentCaptured(_PaymentFact):
    """Money came."""

    amount_minor: int
    currency: str


@dataclass(frozen=True)
class PaymentCanceled(_PaymentFact):
    """Money is expected no more."""


@dataclass(frozen=True)
class _RefundFact(OrderFact):
    """A fact about one refund."""

    refund_id: UUID
    amount_minor: int
    currency: str

    subject: ClassVar[str | None] = "refund_id"


@dataclass(frozen=True)
class RefundGranted(_RefundFact):
    """Money is owed back to the buyer."""


@dataclass(frozen=True)
class RefundSucceeded(_RefundFact):
    """The money went back."""
