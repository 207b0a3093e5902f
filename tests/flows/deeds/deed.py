"""What a deed is, and the world in which it is done: a shop, and a count of its units that no ledger has a hand in."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tortoise.models import Model

from tests.domain.shop import Shop, column

T = TypeVar("T")
Shelf = tuple[str, UUID]
LATEST = 6


class Draw(Protocol):
    """Chance, as hypothesis gives it: what it draws it can make simpler when a deed has found a fault."""

    def __call__(self, strategy: SearchStrategy[T]) -> T: ...


class NothingToDo(Exception):
    """There is no such thing in this shop yet."""


@dataclass
class World:
    """The shop, and how many units there are on every shelf: counted by what came and went, never read from a level."""

    shop: Shop
    on_hand: Counter[Shelf] = field(default_factory=Counter)
    keys: int = 0
    # What was counted and not told yet, and what a stocktake found different since.
    untold: object = None
    stocktaken: set[Shelf] = field(default_factory=set)

    def came(self, sku: str, place_id: UUID, units: int) -> None:
        """Units came to a shelf; negative, they went."""
        self.on_hand[sku, place_id] += units

    def place(self, draw: Draw) -> UUID:
        """Some location."""
        return draw(st.sampled_from(self.shop.places))

    def two_places(self, draw: Draw) -> tuple[UUID, UUID]:
        """From where to where."""
        here, there, _ = draw(st.permutations(self.shop.places))
        return here, there

    def key(self) -> str:
        """A name that was not used before."""
        self.keys += 1
        return f"key {self.keys}"

    async def one(self, draw: Draw, model: type[Model], **where: Any) -> UUID:
        """The id of some row, one of the latest. Raises NothingToDo where there is none."""
        found: Sequence[UUID] = await column(model.filter(**where).order_by("-id").limit(LATEST), "id")
        if not found:
            raise NothingToDo
        return draw(st.sampled_from(found))


@dataclass(frozen=True)
class Deed:
    """One thing that people or machines do. It tells the world what came and went once it is done.

    `is_fact`: it is a fact from the floor, or a repair, which may take more than was free. `weight`: how often.
    """

    act: Callable[[World, Draw], Awaitable[None]]
    weight: int = 1
    is_fact: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        return self.act.__name__


units = st.integers(1, 4)
SKUS = ("MUG", "TEE", "CAP")
skus = st.sampled_from(SKUS)
