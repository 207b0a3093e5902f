"""Who buys at Lantern & Leaf. Nobody of `people.json` exists; their mail goes to the reserved domain .example."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from domain.flows.placement import PlaceAddress, PlaceCustomer
from domain.orders.models import AddressKind


@dataclass(frozen=True)
class Person:
    """A buyer, and where they live."""

    name: str
    email: str
    street: str
    postal_code: str
    city: str
    country_code: str
    phone: str | None = None

    @property
    def customer(self) -> PlaceCustomer:
        """Who buys."""
        return PlaceCustomer(email=self.email, name=self.name, phone=self.phone)

    def address(self, kind: AddressKind) -> PlaceAddress:
        """Where it goes, or who is billed."""
        return PlaceAddress(
            kind=kind,
            name=self.name,
            street=self.street,
            postal_code=self.postal_code,
            city=self.city,
            country_code=self.country_code,
            phone=self.phone,
        )


@cache
def people() -> tuple[Person, ...]:
    """Everybody who buys."""
    return tuple(
        Person(**each) for each in json.loads(files("examples.shop").joinpath("people.json").read_text("utf-8"))
    )
