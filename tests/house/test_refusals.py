"""Every refusal of the domain has a face in the API."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import domain
from domain.kernel.actor import Permission
from domain.kernel.errors import DomainError, InvalidInput, PermissionDenied, Refusals, StaleRevision, Unauthenticated
from domain.kernel.money import Money
from domain.payments.errors import AmountTooLarge
from schema.errors import (
    TOP_LEVEL,
    TYPE_OF_REFUSAL,
    AmountTooLargeError,
    ErrorCode,
    GeneralError,
    StaleRevisionError,
    user_errors,
)


def refusals() -> Iterator[type[DomainError]]:
    """Every concrete refusal that the domain declares."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        if module.name.endswith("errors"):
            importlib.import_module(module.name)
    waiting = [DomainError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind.__module__.startswith("domain.") and kind not in (DomainError, Refusals):
            yield kind


def test_every_refusal_is_in_the_table_or_a_top_level_error() -> None:
    assert [kind.__name__ for kind in refusals() if kind not in TYPE_OF_REFUSAL and kind not in TOP_LEVEL] == []


def test_every_code_is_of_a_refusal_and_every_refusal_has_its_code() -> None:
    used = {kind.code for kind in refusals() if kind not in TOP_LEVEL}
    assert used == {code.value for code in ErrorCode}


def test_a_refusal_is_shown_with_its_facts() -> None:
    assert user_errors(StaleRevision(expected=3, actual=5)) == [
        StaleRevisionError(
            code=ErrorCode.STALE_REVISION,
            message="It was changed in the meantime: you saw revision 3, it is now 5. Load it again.",
            path=["expectedRevision"],
            retryable=False,
            expected=3,
            actual=5,
        )
    ]


def test_amounts_among_the_facts_have_the_digits_of_their_currency() -> None:
    [shown] = user_errors(AmountTooLarge(Money(1250, "EUR"), Money(1000, "EUR")))
    assert isinstance(shown, AmountTooLargeError)
    assert (shown.requested_amount.amount, shown.possible_amount.amount, shown.possible_amount.currency) == (
        "12.50",
        "10.00",
        "EUR",
    )


def test_several_refusals_are_shown_one_by_one() -> None:
    shown = user_errors(Refusals([InvalidInput("One.", path=("a",)), InvalidInput("Two.", path=("b", "0"))]))
    assert [(type(each), each.message, each.path) for each in shown] == [
        (GeneralError, "One.", ["a"]),
        (GeneralError, "Two.", ["b", "0"]),
    ]


@pytest.mark.parametrize("error", [Unauthenticated(), PermissionDenied(Permission.READ_ORDERS)])
def test_who_may_not_ask_at_all_gets_no_payload(error: DomainError) -> None:
    with pytest.raises(type(error)):
        user_errors(error)
