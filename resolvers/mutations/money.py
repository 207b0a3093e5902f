"""Verbs about money that came, is owed back, or went."""

from typing import Annotated

import strawberry

from domain.flows.grant_refund import grant_refund, record_refund
from domain.flows.record_payment import record_payment
from resolvers.mutations.deed import ASKED, Info, done
from schema.inputs.money import OrderRefundGrantInput, PaymentRecordInput, RefundRecordInput
from schema.orders import Order
from schema.payloads import OrderRefundGrantPayload, PaymentRecordPayload, RefundRecordPayload
from schema.payments import Payment, Refund


@strawberry.type
class MoneyMutations:
    """Verbs about money that came, is owed back, or went."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Record that expected money came. When less came, the rest is expected as a payment of its own."
    )
    async def payment_record(self, info: Info, input: Annotated[PaymentRecordInput, ASKED]) -> PaymentRecordPayload:
        return await done(info, record_payment, input, PaymentRecordPayload, payment=Payment, order=Order)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Owe the buyer back part of what was paid. Record it with `refundRecord` when it went."
    )
    async def order_refund_grant(
        self, info: Info, input: Annotated[OrderRefundGrantInput, ASKED]
    ) -> OrderRefundGrantPayload:
        return await done(info, grant_refund, input, OrderRefundGrantPayload, order=Order)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Record that money that was owed back went."
    )
    async def refund_record(self, info: Info, input: Annotated[RefundRecordInput, ASKED]) -> RefundRecordPayload:
        return await done(info, record_refund, input, RefundRecordPayload, refund=Refund, order=Order)
