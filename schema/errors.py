"""Refusals as the API shows them: one interface, a type for each refusal that has facts, and one table between them."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

import strawberry

from domain.catalog.errors import AlreadyExists, NotPriced, UnknownSku, VariantInUse
from domain.flows.set_aside_stock import SetAsideState
from domain.fulfillment.errors import NotPackable
from domain.kernel import errors as kernel
from domain.kernel.errors import DomainError
from domain.kernel.money import Money as DomainMoney
from domain.kernel.money import format_minor
from domain.orders.errors import ExternalReferenceTaken, WrongCurrency
from domain.payments.errors import AmountTooLarge
from domain.reservations.errors import ReservationOver, TooManyReservations
from domain.reservations.lifecycle import ReservationStatus
from domain.returns.errors import NotReturnable
from domain.shipping.errors import TrackingNumberTaken
from domain.stock.errors import InsufficientStock, NotSetAside, SerialNumbersKnown, StaleSnapshot, StaleStock
from domain.tracking.errors import ProofRefused, TooManyAttempts
from schema.scalars import Amount
from schema.views import Money, enum_of


class ErrorCode(StrEnum):
    """Why a mutation was refused, for programs. New codes may be added: treat an unknown one like any refusal."""

    INVALID_INPUT = "INVALID_INPUT"
    MALFORMED_ID = "MALFORMED_ID"
    NOT_FOUND = "NOT_FOUND"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    STALE_REVISION = "STALE_REVISION"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    BUSY = "BUSY"
    UNKNOWN_SKU = "UNKNOWN_SKU"
    NOT_PRICED = "NOT_PRICED"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    VARIANT_IN_USE = "VARIANT_IN_USE"
    EXTERNAL_REFERENCE_TAKEN = "EXTERNAL_REFERENCE_TAKEN"
    WRONG_CURRENCY = "WRONG_CURRENCY"
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK"
    STALE_STOCK = "STALE_STOCK"
    RESERVATION_OVER = "RESERVATION_OVER"
    TOO_MANY_RESERVATIONS = "TOO_MANY_RESERVATIONS"
    NOT_SET_ASIDE = "NOT_SET_ASIDE"
    STALE_SNAPSHOT = "STALE_SNAPSHOT"
    SERIAL_NUMBERS_KNOWN = "SERIAL_NUMBERS_KNOWN"
    NOT_PACKABLE = "NOT_PACKABLE"
    TRACKING_NUMBER_TAKEN = "TRACKING_NUMBER_TAKEN"
    AMOUNT_TOO_LARGE = "AMOUNT_TOO_LARGE"
    NOT_RETURNABLE = "NOT_RETURNABLE"
    PROOF_REFUSED = "PROOF_REFUSED"
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"


C = ErrorCode
enum_of(
    ErrorCode,
    {
        C.INVALID_INPUT: "A value that can never be right; `path` names the field.",
        C.MALFORMED_ID: "Text that is not an id of the type asked for.",
        C.NOT_FOUND: "There is no such thing, or you may not see it.",
        C.ILLEGAL_TRANSITION: "Its status does not allow the action, or a rule blocks it.",
        C.STALE_REVISION: "Somebody else edited it since you read it: read it again, then decide again.",
        C.IDEMPOTENCY_KEY_REUSED: "The idempotency key already names another intention.",
        C.BUSY: "Others were changing the same rows for too long: send the same request again.",
        C.UNKNOWN_SKU: "Nothing by that SKU is on sale.",
        C.NOT_PRICED: "The SKU has no price in the channel.",
        C.ALREADY_EXISTS: "Another thing has that name.",
        C.VARIANT_IN_USE: "There are units of the variant that what you ask for has no place for.",
        C.EXTERNAL_REFERENCE_TAKEN: "The channel already gave us an order by that name.",
        C.WRONG_CURRENCY: "An amount is in another currency than the one asked for.",
        C.INSUFFICIENT_STOCK: "Fewer units can be promised than were asked for.",
        C.STALE_STOCK: "The stock is not what you expected: look again, then decide again.",
        C.RESERVATION_OVER: "The reservation was taken, given up, or its time is over: reserve again.",
        C.TOO_MANY_RESERVATIONS: "As many baskets are set aside for the customer as may be at once.",
        C.NOT_SET_ASIDE: "Fewer units are damaged, or in quarantine, than were to leave that state.",
        C.STALE_SNAPSHOT: "A snapshot of a later moment has been applied there already: this one says nothing new.",
        C.SERIAL_NUMBERS_KNOWN: "Other units have these serial numbers already.",
        C.NOT_PACKABLE: "More units than are left to pack.",
        C.TRACKING_NUMBER_TAKEN: "Another parcel of the carrier has that tracking number.",
        C.AMOUNT_TOO_LARGE: "More than there is to take or to give back.",
        C.NOT_RETURNABLE: "More units than can come back.",
        C.PROOF_REFUSED: "What was given as the second proof is not known of the buyer.",
        C.TOO_MANY_ATTEMPTS: "It was tried too often within the hour.",
    },
)


def _fact(description: str) -> Any:
    return strawberry.field(description=description)


@strawberry.interface(description="Why a mutation was refused. Nothing was written.")
class UserError:
    code: ErrorCode = _fact("Why, for programs.")
    message: str = _fact("Why, in a sentence that may be shown to people.")
    path: list[str] = _fact("The input field that it is about, from the outside in; empty when it is about none.")
    retryable: bool = _fact("Whether the same request may succeed later, unchanged.")


@strawberry.type(name="GeneralError", description="A refusal whose code and sentence say everything.")
class GeneralError(UserError):
    pass


@strawberry.type(name="NotFound", description="There is no such thing, or you may not see it: the two look the same.")
class NotFoundError(UserError):
    what: str = _fact("What sort of thing was looked for.")


@strawberry.type(name="IllegalTransition", description="Its status does not allow the action, or a rule blocks it.")
class IllegalTransitionError(UserError):
    subject: str = _fact("Whose lifecycle it is, such as `order`.")
    action: str = _fact("The action that was asked for.")
    status: str = _fact("The status that it is in.")
    reason_code: str = _fact("Which rule says no; `WRONG_STATUS` when the status alone does.")


@strawberry.type(name="StaleRevision", description="Somebody else edited it since you read it.")
class StaleRevisionError(UserError):
    expected: int = _fact("The revision that you saw.")
    actual: int = _fact("The revision that it has.")


@strawberry.type(name="UnknownSku", description="Nothing by that SKU is on sale.")
class UnknownSkuError(UserError):
    sku: str = _fact("The SKU that was asked for.")


@strawberry.type(name="NotPriced", description="The SKU has no price in the channel.")
class NotPricedError(UserError):
    sku: str = _fact("The SKU.")
    channel: str = _fact("The channel that has no price for it.")


@strawberry.type(name="AlreadyExists", description="Another thing has that name.")
class AlreadyExistsError(UserError):
    what: str = _fact("What sort of thing it is.")
    name: str = _fact("The name that is taken.")


@strawberry.type(name="ExternalReferenceTaken", description="The channel already gave us an order by that name.")
class ExternalReferenceTakenError(UserError):
    channel: str = _fact("The channel.")
    reference: str = _fact("Its name for the order.")


@strawberry.type(name="WrongCurrency", description="An amount is in another currency than the one asked for.")
class WrongCurrencyError(UserError):
    expected_currency: str = _fact("The currency that amounts are in here.")
    given_currency: str = _fact("The currency that was given.")


@strawberry.type(name="InsufficientStock", description="Fewer units can be promised than were asked for.")
class InsufficientStockError(UserError):
    sku: str = _fact("The SKU that is short.")
    requested: int = _fact("Units that were asked for.")
    available: int = _fact("Units that can be promised now.")


@strawberry.type(name="StaleStock", description="The stock is not what you expected it to be.")
class StaleStockError(UserError):
    sku: str = _fact("The SKU.")
    expected: int = _fact("Units on hand that you expected.")
    actual: int = _fact("Units on hand that there are.")


@strawberry.type(name="ReservationOver", description="The reservation was taken, given up, or its time is over.")
class ReservationOverError(UserError):
    status: ReservationStatus = _fact("How it ended; EXPIRED from the moment that its time is over.")


@strawberry.type(name="TooManyReservations", description="As many are set aside for the customer as may be at once.")
class TooManyReservationsError(UserError):
    most: int = _fact("How many a customer may hold at once.")


@strawberry.type(name="NotSetAside", description="Fewer units are in that state than were to leave it.")
class NotSetAsideError(UserError):
    sku: str = _fact("The SKU.")
    requested: int = _fact("Units that were to leave the state.")
    state: SetAsideState = _fact("The state.")
    there: int = _fact("Units that are in it.")


@strawberry.type(name="StaleSnapshot", description="A snapshot of a later moment has been applied there already.")
class StaleSnapshotError(UserError):
    as_of: datetime = _fact("The moment of this one.")
    latest: datetime = _fact("The latest moment of which one was applied.")


@strawberry.type(name="SerialNumbersKnown", description="Other units have these serial numbers already.")
class SerialNumbersKnownError(UserError):
    sku: str = _fact("The SKU.")
    numbers: list[str] = _fact("The numbers that are known.")


@strawberry.type(name="NotPackable", description="More units than are left to pack.")
class NotPackableError(UserError):
    sku: str = _fact("The SKU.")
    requested: int = _fact("Units that were to be packed.")
    left: int = _fact("Units that are left to pack here.")


@strawberry.type(name="TrackingNumberTaken", description="Another parcel of the carrier has that tracking number.")
class TrackingNumberTakenError(UserError):
    carrier: str = _fact("The carrier.")
    tracking_number: str = _fact("The tracking number.")


@strawberry.type(name="AmountTooLarge", description="More than there is to take or to give back.")
class AmountTooLargeError(UserError):
    requested_amount: Money = _fact("What was asked for.")
    possible_amount: Money = _fact("The most that is possible.")


@strawberry.type(name="NotReturnable", description="More units than can come back.")
class NotReturnableError(UserError):
    sku: str = _fact("The SKU.")
    requested: int = _fact("Units that were to come back.")
    returnable: int = _fact("Units that shipped and neither came back nor are on their way back.")


# The one table. Every other field of the GraphQL type is the attribute of that name of the domain's error.
TYPE_OF_REFUSAL: Mapping[type[DomainError], type[UserError]] = {
    kernel.InvalidInput: GeneralError,
    kernel.MalformedId: GeneralError,
    kernel.KeyReused: GeneralError,
    kernel.Busy: GeneralError,
    kernel.NotFound: NotFoundError,
    kernel.IllegalTransition: IllegalTransitionError,
    kernel.StaleRevision: StaleRevisionError,
    UnknownSku: UnknownSkuError,
    NotPriced: NotPricedError,
    AlreadyExists: AlreadyExistsError,
    VariantInUse: GeneralError,
    ExternalReferenceTaken: ExternalReferenceTakenError,
    WrongCurrency: WrongCurrencyError,
    InsufficientStock: InsufficientStockError,
    StaleStock: StaleStockError,
    ReservationOver: ReservationOverError,
    TooManyReservations: TooManyReservationsError,
    NotSetAside: NotSetAsideError,
    StaleSnapshot: StaleSnapshotError,
    SerialNumbersKnown: SerialNumbersKnownError,
    NotPackable: NotPackableError,
    TrackingNumberTaken: TrackingNumberTakenError,
    AmountTooLarge: AmountTooLargeError,
    NotReturnable: NotReturnableError,
    ProofRefused: GeneralError,
    TooManyAttempts: GeneralError,
}
# No payload carries these: they are top-level errors, or stand for several of the others.
TOP_LEVEL: Mapping[type[DomainError], str] = {
    kernel.Unauthenticated: "UNAUTHENTICATED",
    kernel.PermissionDenied: "FORBIDDEN",
}
# A schema finds the types of an interface only when it is told of them: `Schema(types=ERROR_TYPES)`.
ERROR_TYPES: tuple[type[UserError], ...] = tuple(dict.fromkeys(TYPE_OF_REFUSAL.values()))


def user_error(error: DomainError) -> UserError:
    """The refusal as GraphQL shows it, with its facts. Asserts that it is in the table, itself or by its parent."""
    shown = next((TYPE_OF_REFUSAL[kind] for kind in type(error).__mro__ if kind in TYPE_OF_REFUSAL), None)
    assert shown is not None, f"{type(error).__name__} is not in the table of refusals"
    inherited = {"code", "message", "path", "retryable"}
    facts = {each.name: _shown(getattr(error, each.name)) for each in fields(shown) if each.name not in inherited}
    return cast("Any", shown)(  # type: ignore[no-any-return]
        code=ErrorCode(error.code), message=error.message, path=list(error.path), retryable=error.retryable, **facts
    )


def user_errors(error: DomainError) -> list[UserError]:
    """All the refusals in it. Raises it again when it is of the kind that is a top-level error."""
    if isinstance(error, tuple(TOP_LEVEL)):
        raise error
    if isinstance(error, kernel.Refusals):
        return [shown for each in error.errors for shown in user_errors(each)]
    return [user_error(error)]


def _shown(fact: object) -> object:
    if isinstance(fact, DomainMoney):
        return Money(amount=Amount(format_minor(fact.amount_minor, fact.currency)), currency=fact.currency)
    return fact
