"""What the recording of money that came or went is given."""

import strawberry

from domain.flows.grant_refund import GrantRefund, RecordRefund
from domain.flows.record_payment import RecordPayment
from schema.inputs.intentions import KeyedIntention, MoneyInput, local_id, revision


@strawberry.input(description="Money came.")
class PaymentRecordInput(KeyedIntention):
    """What `paymentRecord` is given."""

    payment: strawberry.ID = strawberry.field(description="The payment that was expected.")
    amount: MoneyInput | None = strawberry.field(
        default=None, description="What came; all that was expected when it is not said. The rest stays expected."
    )
    reference: str | None = strawberry.field(default=None, description="The bank's name for it.")

    def request(self) -> RecordPayment:
        """What `record_payment` is asked."""
        key = local_id("payment", self.payment, "payment")
        if self.amount is None:
            return RecordPayment(key, reference=self.reference)
        return RecordPayment(key, self.amount.minor("amount"), self.amount.currency, self.reference)


@strawberry.input(description="Money is owed back to the buyer.")
class OrderRefundGrantInput(KeyedIntention):
    """What `orderRefundGrant` is given."""

    order: strawberry.ID = strawberry.field(description="For which order.")
    amount: MoneyInput = strawberry.field(description="How much, at most what was paid and is not yet owed back.")
    reason: str = strawberry.field(description="Why, in 1 to 200 characters.")
    expected_revision: int | None = revision()

    def request(self) -> GrantRefund:
        """What `grant_refund` is asked."""
        key = local_id("order", self.order, "order")
        return GrantRefund(key, self.amount.minor("amount"), self.amount.currency, self.reason, self.expected_revision)


@strawberry.input(description="Money that was owed back went.")
class RefundRecordInput(KeyedIntention):
    """What `refundRecord` is given."""

    refund: strawberry.ID = strawberry.field(description="Which refund.")
    reference: str | None = strawberry.field(default=None, description="The bank's name for the transfer.")

    def request(self) -> RecordRefund:
        """What `record_refund` is asked."""
        return RecordRefund(local_id("refund", self.refund, "refund"), self.reference)
