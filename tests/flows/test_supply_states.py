"""Every state of a supply against everything that is done with it: what is refused changes nothing at all."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from domain.flows.draft_supply import NewSupplyLine, SetSupplyLines, set_supply_lines
from domain.flows.expect_supply import (
    CancelSupply,
    CloseSupply,
    ConfirmSupply,
    RescheduleSupply,
    cancel_supply,
    close_supply,
    confirm_supply,
    reschedule_supply,
)
from domain.kernel.errors import IllegalTransition, NotFound
from domain.kernel.ids import new_id
from server.database import Database
from tests.domain.shop import NOON, dump, level, open_shop, run
from tests.flows.supplying import assert_supplies_add_up, draft, receive, supply


async def drafted(supply_id: UUID) -> None:
    """As it was entered."""


async def confirmed(supply_id: UUID) -> None:
    await run(confirm_supply, ConfirmSupply(supply_id))


async def partly_received(supply_id: UUID) -> None:
    await confirmed(supply_id)
    await receive(supply_id, {"MUG": 5})


async def received(supply_id: UUID) -> None:
    await confirmed(supply_id)
    await receive(supply_id, {"MUG": 12})


async def canceled(supply_id: UUID) -> None:
    await run(cancel_supply, CancelSupply(supply_id))


State = Callable[[UUID], Awaitable[None]]
STATES: tuple[State, ...] = (drafted, confirmed, partly_received, received, canceled)
# Status after it, with units on hand and incoming, or WRONG where the status refuses. A column per state, as above.
OUTCOMES = {
    "set lines": "DRAFT/0/0 WRONG WRONG WRONG WRONG",
    "confirm": "CONFIRMED/0/12 WRONG WRONG WRONG WRONG",
    "reschedule": "DRAFT/0/0 CONFIRMED/0/12 PARTIALLY_RECEIVED/5/7 WRONG WRONG",
    "receive part": "WRONG PARTIALLY_RECEIVED/3/9 PARTIALLY_RECEIVED/8/4 RECEIVED/15/0 WRONG",
    "receive all": "WRONG RECEIVED/12/0 RECEIVED/17/0 RECEIVED/24/0 WRONG",
    "close": "WRONG RECEIVED/0/0 RECEIVED/5/0 WRONG WRONG",
    "cancel": "CANCELED/0/0 CANCELED/0/0 WRONG WRONG WRONG",
}
CELLS = [
    pytest.param(action, state, outcome, id=f"{action} {state.__name__}")
    for action, row in OUTCOMES.items()
    for state, outcome in zip(STATES, row.split(), strict=True)
]


async def act(action: str, supply_id: UUID) -> None:
    match action:
        case "set lines":
            await run(set_supply_lines, SetSupplyLines(supply_id, (NewSupplyLine("MUG", 2),)))
        case "confirm":
            await run(confirm_supply, ConfirmSupply(supply_id))
        case "reschedule":
            await run(reschedule_supply, RescheduleSupply(supply_id, NOON))
        case "receive part":
            await receive(supply_id, {"MUG": 3})
        case "receive all":
            await receive(supply_id, {"MUG": 12})
        case "close":
            await run(close_supply, CloseSupply(supply_id))
        case "cancel":
            await run(cancel_supply, CancelSupply(supply_id))


@pytest.mark.parametrize(("action", "state", "outcome"), CELLS)
async def test_what_is_done_with_a_supply_leads_on_or_is_refused_and_changes_nothing(
    database: Database, action: str, state: State, outcome: str
) -> None:
    shop = await open_shop({"MUG": (0, 1)})
    supply_id = await draft(shop.south, {"MUG": 12})
    await state(supply_id)
    before, status = await dump(), (await supply(supply_id)).status
    if outcome == "WRONG":
        with pytest.raises(IllegalTransition) as refused:
            await act(action, supply_id)
        error = refused.value
        assert (error.subject, error.reason_code, error.status) == ("supply", "WRONG_STATUS", status)
        assert await dump() == before
        return
    await act(action, supply_id)
    after, mug = (await supply(supply_id)).status, await level("MUG", shop.south)
    assert f"{after}/{mug.on_hand - 1}/{mug.incoming}" == outcome
    await assert_supplies_add_up()


async def test_what_does_not_exist_cannot_be_worked_on(database: Database) -> None:
    await open_shop()
    before = await dump()
    for action in OUTCOMES:
        with pytest.raises(NotFound):
            await act(action, new_id())
    assert await dump() == before
