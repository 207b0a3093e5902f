"""Every state of a transfer, and of an assembly, against every step: what is refused changes nothing at all."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import pytest

from domain.kernel.errors import IllegalTransition
from server.database import Database
from tests.domain import moves
from tests.domain.books import assert_books_balance
from tests.domain.moves import refusal
from tests.domain.shop import open_shop

Step = Callable[[UUID], Awaitable[object]]


async def part(transfer: UUID) -> object:
    """Two of its three units arrive."""
    return await moves.receive(transfer, ("MUG", 2))


async def part_is_lost(transfer: UUID) -> object:
    return await moves.write_off(transfer, {"MUG": 1})


async def other_lines(transfer: UUID) -> object:
    return await moves.plan_anew(transfer, {"MUG": 1})


# How it comes to each state, from DRAFT.
TRANSFER_STATES: Mapping[str, tuple[Step, ...]] = {
    "DRAFT": (),
    "RELEASED": (moves.release,),
    "IN_TRANSIT": (moves.release, moves.dispatch),
    "PARTIALLY_RECEIVED": (moves.release, moves.dispatch, part),
    "RECEIVED": (moves.release, moves.dispatch, moves.receive),
    "CANCELED": (moves.cancel,),
}
TRANSFER_STEPS: Mapping[str, Step] = {
    "SET_LINES": other_lines,
    "RELEASE": moves.release,
    "DISPATCH": moves.dispatch,
    "RECEIVE a part": lambda transfer: moves.receive(transfer, ("MUG", 1)),
    "RECEIVE": moves.receive,
    "WRITE_OFF a part": part_is_lost,
    "WRITE_OFF": moves.write_off,
    "CANCEL": moves.cancel,
}
# The status after; "-" for what is refused. A column per state, as above.
TRANSFER_OUTCOMES = {
    "SET_LINES": "DRAFT - - - - -",
    "RELEASE": "RELEASED - - - - -",
    "DISPATCH": "- IN_TRANSIT - - - -",
    "RECEIVE a part": "- - PARTIALLY_RECEIVED RECEIVED - -",
    "RECEIVE": "- - RECEIVED RECEIVED - -",
    "WRITE_OFF a part": "- - IN_TRANSIT RECEIVED - -",
    "WRITE_OFF": "- - RECEIVED RECEIVED - -",
    "CANCEL": "CANCELED CANCELED - - - -",
}
ASSEMBLY_STATES: Mapping[str, tuple[Step, ...]] = {
    "DRAFT": (),
    "RELEASED": (moves.release_kits,),
    "COMPLETED": (moves.release_kits, moves.make_kits),
    "CANCELED": (moves.cancel_kits,),
}
ASSEMBLY_STEPS: Mapping[str, Step] = {
    "RELEASE": moves.release_kits,
    "COMPLETE": moves.make_kits,
    "CANCEL": moves.cancel_kits,
}
ASSEMBLY_OUTCOMES = {
    "RELEASE": "RELEASED - - -",
    "COMPLETE": "- COMPLETED - -",
    "CANCEL": "CANCELED CANCELED - -",
}


def cells(outcomes: Mapping[str, str], states: Mapping[str, object]) -> list[object]:
    return [
        pytest.param(name, state, outcome, id=f"{name} {state}")
        for name, row in outcomes.items()
        for state, outcome in zip(states, row.split(), strict=True)
    ]


async def try_step(step: Step, it: UUID, name: str, state: str, subject: str) -> None:
    refused = await refusal(step(it))
    assert isinstance(refused, IllegalTransition)
    assert (refused.subject, refused.action, refused.status) == (subject, name.split()[0], state)
    assert refused.reason_code == "WRONG_STATUS"


@pytest.mark.parametrize(("name", "state", "outcome"), cells(TRANSFER_OUTCOMES, TRANSFER_STATES))
async def test_a_step_of_a_transfer_leads_on_or_is_refused_and_changes_nothing(
    database: Database, name: str, state: str, outcome: str
) -> None:
    shop = await open_shop({"MUG": (5,)})
    transfer = await moves.plan(shop.north, shop.south, {"MUG": 3})
    for each in TRANSFER_STATES[state]:
        await each(transfer)
    assert await moves.status_of(transfer) == state
    if outcome == "-":
        await try_step(TRANSFER_STEPS[name], transfer, name, state, "transfer")
    else:
        await TRANSFER_STEPS[name](transfer)
        assert await moves.status_of(transfer) == outcome
    await assert_books_balance()


@pytest.mark.parametrize(("name", "state", "outcome"), cells(ASSEMBLY_OUTCOMES, ASSEMBLY_STATES))
async def test_a_step_of_an_assembly_leads_on_or_is_refused_and_changes_nothing(
    database: Database, name: str, state: str, outcome: str
) -> None:
    shop = await open_shop({"MUG": (5,)})
    await moves.declare_kit("CAP", {"MUG": 2})
    assembly = await moves.plan_kits("CAP", shop.north, 2)
    for each in ASSEMBLY_STATES[state]:
        await each(assembly)
    assert await moves.kits_status(assembly) == state
    if outcome == "-":
        await try_step(ASSEMBLY_STEPS[name], assembly, name, state, "assembly")
    else:
        await ASSEMBLY_STEPS[name](assembly)
        assert await moves.kits_status(assembly) == outcome
    await assert_books_balance()
