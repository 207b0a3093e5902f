"""Who may do what, and how things are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.actor import (
    ANONYMOUS,
    PERMISSIONS,
    SYSTEM,
    Actor,
    ActorKind,
    Permission,
    Role,
    customer,
    staff,
    tracking_link,
)
from domain.kernel.errors import (
    DomainError,
    InvalidInput,
    MalformedId,
    PermissionDenied,
    Refusals,
    Unauthenticated,
)
from domain.kernel.ids import global_id, new_id, parse_global_id

BUYER, LINK = customer(new_id()), tracking_link(new_id())
# One row a permission: who has it.
ADMIN, SUPPORT, WAREHOUSE, CUSTOMER = Role
MATRIX = {
    "READ_ORDERS": {ADMIN, SUPPORT, WAREHOUSE, CUSTOMER},
    "PLACE_ORDERS": {ADMIN, SUPPORT, CUSTOMER},
    "MANAGE_ORDERS": {ADMIN, SUPPORT},
    "CANCEL_ORDERS": {ADMIN, SUPPORT, CUSTOMER},
    "FULFILL_ORDERS": {ADMIN, SUPPORT, WAREHOUSE},
    "RECORD_SCANS": {ADMIN, SUPPORT, WAREHOUSE},
    "RECORD_PAYMENTS": {ADMIN, SUPPORT},
    "REFUND_PAYMENTS": {ADMIN, SUPPORT},
    "REQUEST_RETURNS": {ADMIN, SUPPORT, CUSTOMER},
    "APPROVE_RETURNS": {ADMIN, SUPPORT},
    "RECEIVE_RETURNS": {ADMIN, SUPPORT, WAREHOUSE},
    "READ_CATALOG": {ADMIN, SUPPORT, WAREHOUSE, CUSTOMER},
    "MANAGE_CATALOG": {ADMIN},
    "READ_STOCK": {ADMIN, SUPPORT, WAREHOUSE},
    "ADJUST_STOCK": {ADMIN, WAREHOUSE},
    "REVOKE_ACCESS": {ADMIN},
}


@pytest.mark.parametrize("permission", Permission)
def test_a_permission_belongs_to_the_roles_that_the_matrix_names(permission: Permission) -> None:
    assert {role for role in Role if permission in PERMISSIONS[role]} == MATRIX[permission]


@pytest.mark.parametrize("permission", Permission)
def test_the_system_may_everything_and_the_anonymous_and_tracking_links_nothing(permission: Permission) -> None:
    SYSTEM.require(permission)
    with pytest.raises(Unauthenticated):
        ANONYMOUS.require(permission)
    with pytest.raises(PermissionDenied) as refused:
        LINK.require(permission)
    assert refused.value.message == f"This needs the permission {permission}."


def test_roles_add_up() -> None:
    both = staff("kim", Role.WAREHOUSE, Role.SUPPORT)
    assert both.scope.permissions == PERMISSIONS[Role.WAREHOUSE] | PERMISSIONS[Role.SUPPORT]
    assert both.principal == "staff:kim"
    assert staff("new").scope.permissions == frozenset()


@pytest.mark.parametrize(
    ("actor", "kind", "sees_everything"),
    [
        (ANONYMOUS, ActorKind.ANONYMOUS, False),
        (BUYER, ActorKind.CUSTOMER, False),
        (LINK, ActorKind.TRACKING_LINK, False),
        (staff("kim"), ActorKind.STAFF, True),
        (SYSTEM, ActorKind.SYSTEM, True),
    ],
)
def test_only_staff_and_the_system_see_rows_of_every_customer(
    actor: Actor, kind: ActorKind, sees_everything: bool
) -> None:
    assert (actor.scope.actor_kind, actor.scope.sees_everything) == (kind, sees_everything)


def test_equal_scopes_are_interchangeable_and_two_customers_are_not() -> None:
    one, other = new_id(), new_id()
    assert customer(one).scope == customer(one).scope
    assert hash(staff("a", Role.ADMIN).scope) == hash(staff("b", Role.ADMIN).scope)
    assert customer(one).scope != customer(other).scope
    assert customer(one).scope.kind == customer(other).scope.kind
    assert customer(one).principal != customer(other).principal


@given(st.uuids(), st.sampled_from(["order", "return_line", "fulfillment_order"]))
def test_an_id_is_read_as_it_was_written(local: object, prefix: str) -> None:
    assert parse_global_id(prefix, global_id(prefix, local)) == local  # type: ignore[arg-type]


HEX = "0193e9c1a7b07c3e9d5f0a1b2c3d4e5f"


@pytest.mark.parametrize(
    "text",
    [
        HEX,
        f"orders_{HEX}",
        f"line_{HEX}",
        f"order_{HEX[:-1]}",
        f"order_{HEX}0",
        f"order_{HEX[:-1]}g",
        f"order_+{HEX[1:]}",
        f"order_ {HEX[1:]}",
        f"order_{HEX[:-1]}٢",
        f"order_{HEX}\n",
        "order_0193e9c1-a7b0-7c3e-9d5f-0a1b2c3d4e5f",
        "order_",
        "",
        "order_" + "x" * 500,
    ],
)
def test_what_is_no_id_of_the_type_is_refused_in_a_short_sentence(text: str) -> None:
    with pytest.raises(MalformedId) as refused:
        parse_global_id("order", text, path=("id",))
    assert refused.value.path == ("id",)
    assert len(refused.value.message) < 150


def test_ids_made_later_sort_later() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 1000
    assert {each.version for each in ids} == {7}


def subclasses(kind: type[DomainError]) -> list[type[DomainError]]:
    return [found for each in kind.__subclasses__() for found in (each, *subclasses(each))]


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in subclasses(DomainError)]
    assert len(codes) == len(set(codes))
    assert all(code.isupper() for code in codes)


def test_a_field_is_named_from_further_and_further_out() -> None:
    refused = InvalidInput("No.", path=("quantity",)).at("lines", "0").at("input")
    assert refused.path == ("input", "lines", "0", "quantity")


def test_several_refusals_are_told_in_one() -> None:
    both = Refusals([InvalidInput("One."), InvalidInput("Two.")])
    assert both.message == "One. Two."
    assert [each.message for each in both.errors] == ["One.", "Two."]
