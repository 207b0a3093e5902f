"""A payment's and a refund's states."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.actor import Permission
from domain.kernel.lifecycle import Lifecycle, Refusal, Transition


class PaymentStatus(StrEnum):
    """How far the money is: a function of the payment's transactions."""

    PENDING = "PENDING"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    AUTHORIZED = "AUTHORIZED"
    PARTIALLY_CAPTURED = "PARTIALLY_CAPTURED"
    CAPTURED = "CAPTURED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


class PaymentAction(StrEnum):
    """What can be done with a payment."""

    REQUIRE_ACTION = "REQUIRE_ACTION"
    AUTHORIZE = "AUTHORIZE"
    CAPTURE_PART = "CAPTURE_PART"
    CAPTURE = "CAPTURE"
    REFUND_PART = "REFUND_PART"
    REFUND = "REFUND"
    VOID = "VOID"
    EXPIRE = "EXPIRE"
    FAIL = "FAIL"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class PaymentFacts:
    """The amounts so far, in minor units."""

    expected_minor: int
    captured_minor: int
    refunded_minor: int


S, A = PaymentStatus, PaymentAction
PAYMENT = Lifecycle[PaymentStatus, PaymentAction, PaymentFacts](
    "payment",
    initial=(S.PENDING,),
    transitions=(
        Transition(A.REQUIRE_ACTION, S.PENDING, S.REQUIRES_ACTION, "The payer must do something, such as 3-D Secure."),
        Transition(A.AUTHORIZE, S.PENDING, S.AUTHORIZED, "The money is held for us."),
        Transition(A.AUTHORIZE, S.REQUIRES_ACTION, S.AUTHORIZED, "The payer did their part; the money is held."),
        Transition(A.CAPTURE, S.PENDING, S.CAPTURED, "Paid in one step (a sale)."),
        Transition(A.CAPTURE, S.REQUIRES_ACTION, S.CAPTURED, "The payer did their part and paid."),
        Transition(A.CAPTURE_PART, S.AUTHORIZED, S.PARTIALLY_CAPTURED, "Part of the held money was taken."),
        Transition(A.CAPTURE, S.AUTHORIZED, S.CAPTURED, "All of the held money was taken."),
        Transition(A.CAPTURE, S.PARTIALLY_CAPTURED, S.CAPTURED, "The rest of the held money was taken."),
        Transition(A.REFUND_PART, S.PARTIALLY_CAPTURED, S.PARTIALLY_REFUNDED, "Part of what was taken went back."),
        Transition(A.REFUND, S.PARTIALLY_CAPTURED, S.REFUNDED, "All that was taken went back."),
        Transition(A.REFUND_PART, S.CAPTURED, S.PARTIALLY_REFUNDED, "Part of the money went back."),
        Transition(A.REFUND, S.CAPTURED, S.REFUNDED, "All of the money went back."),
        Transition(A.REFUND, S.PARTIALLY_REFUNDED, S.REFUNDED, "The rest of the money went back."),
        Transition(A.VOID, S.AUTHORIZED, S.VOIDED, "The held money was let go."),
        Transition(A.EXPIRE, S.AUTHORIZED, S.EXPIRED, "The hold on the money ran out."),
        Transition(A.FAIL, S.PENDING, S.FAILED, "The payment was declined."),
        Transition(A.FAIL, S.REQUIRES_ACTION, S.FAILED, "The payer's part failed."),
        Transition(A.CANCEL, S.PENDING, S.CANCELED, "It is expected no more."),
        Transition(A.CANCEL, S.REQUIRES_ACTION, S.CANCELED, "It was called off while the payer had to act."),
    ),
    permissions={A.CAPTURE: Permission.RECORD_PAYMENTS, A.CANCEL: Permission.RECORD_PAYMENTS},
)


class RefundStatus(StrEnum):
    """How far a refund is."""

    GRANTED = "GRANTED"
    REQUESTED = "REQUESTED"
    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class RefundAction(StrEnum):
    """What can be done with a refund."""

    REQUEST = "REQUEST"
    ACCEPT = "ACCEPT"
    SUCCEED = "SUCCEED"
    FAIL = "FAIL"


@dataclass(frozen=True)
class RefundFacts:
    """What the rules look at: the refund, and what its payment could still give, in minor units."""

    amount_minor: int
    refundable_minor: int


def more_than_was_taken(facts: RefundFacts) -> Refusal | None:
    """Never more goes back than was taken (refunded <= captured)."""
    if facts.amount_minor <= facts.refundable_minor:
        return None
    return Refusal("MORE_THAN_CAPTURED", "This is more than was paid and not yet given back.")


R, B = RefundStatus, RefundAction
REFUND = Lifecycle[RefundStatus, RefundAction, RefundFacts](
    "refund",
    initial=(R.GRANTED,),
    transitions=(
        Transition(B.REQUEST, R.GRANTED, R.REQUESTED, "The provider was asked, by a stored key.", more_than_was_taken),
        Transition(B.ACCEPT, R.REQUESTED, R.PENDING, "The provider took it on."),
        Transition(B.SUCCEED, R.REQUESTED, R.SUCCEEDED, "The money went back.", more_than_was_taken),
        Transition(B.SUCCEED, R.PENDING, R.SUCCEEDED, "The provider reports that the money went back."),
        Transition(B.FAIL, R.REQUESTED, R.FAILED, "The provider refused it."),
        Transition(B.FAIL, R.PENDING, R.FAILED, "The provider could not do it."),
        Transition(B.REQUEST, R.FAILED, R.REQUESTED, "The provider was asked again.", more_than_was_taken),
    ),
    permissions={B.SUCCEED: Permission.REFUND_PAYMENTS},
)
