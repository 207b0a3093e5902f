"""What is said about a variant once it is there, and what cannot be said."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

import pytest

from domain.catalog.errors import UnknownSku, VariantInUse
from domain.catalog.models import (
    BackorderPolicy,
    ComponentRow,
    Composition,
    SubstituteRow,
    Traceability,
    VariantRow,
)
from domain.flows.keep_variants import (
    SetVariantComponents,
    SetVariantSubstitutes,
    set_variant_components,
    set_variant_substitutes,
)
from domain.flows.placement import Component
from domain.flows.set_variant_policy import SetVariantPolicy, set_variant_policy
from domain.flows.trace_variant import SetVariantTraceability, set_variant_traceability
from domain.kernel.actor import Role, staff
from domain.kernel.errors import DomainError, InvalidInput, PermissionDenied
from server.database import Database
from tests.domain.shop import column, dump, make, open_shop, run, set_policy

B, C, T = BackorderPolicy, Composition, Traceability
RELEASE = datetime(2031, 5, 1, tzinfo=UTC)


async def refusal(asked: Awaitable[object]) -> DomainError:
    """What it is refused for; nothing changed."""
    before = await dump()
    with pytest.raises(DomainError) as refused:
        await asked
    assert await dump() == before
    return refused.value


async def parts_of(sku: str) -> list[tuple[str, int]]:
    whole = await VariantRow.get(sku=sku)
    rows = await ComponentRow.filter(whole_id=whole.id).order_by("position")
    return [((await VariantRow.get(id=row.part_id)).sku, row.units) for row in rows]


async def test_a_bundle_has_parts_and_no_stock_of_its_own_and_can_be_a_single_thing_again(database: Database) -> None:
    await open_shop()
    await make("TEE", C.BUNDLE, MUG=2, CAP=1)
    assert await parts_of("TEE") == [("MUG", 2), ("CAP", 1)]
    bundle = await VariantRow.get(sku="TEE")
    assert (bundle.composition, bundle.is_stock_tracked) == (C.BUNDLE, False)
    await make("TEE", C.KIT, CAP=3)
    kit = await VariantRow.get(sku="TEE")
    assert (kit.composition, kit.is_stock_tracked, await parts_of("TEE")) == (C.KIT, True, [("CAP", 3)])
    await make("TEE", C.SINGLE)
    single = await VariantRow.get(sku="TEE")
    assert (single.composition, single.is_stock_tracked, await parts_of("TEE")) == (C.SINGLE, True, [])


async def test_nothing_is_made_of_itself_and_no_bundle_of_bundles(database: Database) -> None:
    await open_shop()
    await make("TEE", C.BUNDLE, MUG=1)
    for composition in (C.BUNDLE, C.KIT):
        refused = await refusal(make("CAP", composition, TEE=1))
        assert (refused.message, refused.path) == (
            "TEE is a bundle itself: name its components instead.",
            ("components", "0", "sku"),
        )
    refused = await refusal(make("MUG", C.BUNDLE, CAP=1))
    assert refused.message == "MUG is a component of something else, and a bundle cannot be one."
    refused = await refusal(make("CAP", C.KIT, CAP=1))
    assert refused.message == "Nothing is a component of itself."
    await make("TEE", C.KIT, MUG=1)
    await make("MUG", C.KIT, CAP=1)
    for part in ("MUG", "TEE"):
        refused = await refusal(make("CAP", C.KIT, **{part: 1}))
        assert (refused.message, refused.path) == ("CAP would be made of itself.", ("components",))


@pytest.mark.parametrize(
    ("sku", "composition", "parts", "path"),
    [
        ("TEE", C.BUNDLE, (), ("components",)),
        ("TEE", C.KIT, (), ("components",)),
        ("TEE", C.SINGLE, (("MUG", 1),), ("components",)),
        ("TEE", C.BUNDLE, (("MUG", 0),), ("components", "0", "units")),
        ("TEE", C.BUNDLE, (("MUG", 1), ("MUG", 2)), ("components", "1", "sku")),
        ("TEE", C.KIT, (("EBOOK", 1),), ("components", "0", "sku")),
        ("EBOOK", C.KIT, (("MUG", 1),), ("composition",)),
    ],
)
async def test_components_that_contradict_themselves_are_refused(
    database: Database, sku: str, composition: Composition, parts: tuple[tuple[str, int], ...], path: tuple[str, ...]
) -> None:
    await open_shop()
    asked = SetVariantComponents(sku, composition, tuple(Component(*part) for part in parts))
    refused = await refusal(run(set_variant_components, asked))
    assert (type(refused), refused.path) == (InvalidInput, path)


async def test_what_has_units_becomes_no_bundle(database: Database) -> None:
    await open_shop({"TEE": (0, 1)})
    refused = await refusal(make("TEE", C.BUNDLE, MUG=1))
    assert (type(refused), refused.message) == (
        VariantInUse,
        "TEE: No stock is kept of a bundle: use up its units first.",
    )


async def test_substitutes_are_kept_in_the_order_in_which_they_are_tried(database: Database) -> None:
    await open_shop()
    for skus in (("CAP", "TEE"), ("TEE",), ()):
        await run(set_variant_substitutes, SetVariantSubstitutes("MUG", skus))
        rows = SubstituteRow.all().order_by("position")
        variants = {row.id: row.sku for row in await VariantRow.all()}
        assert tuple(variants[each] for each in await column(rows, "substitute_id")) == skus


async def test_what_cannot_replace_anything_is_no_substitute(database: Database) -> None:
    await open_shop()
    for sku, others, path in (
        ("MUG", ("MUG",), ("substitutes", "0")),
        ("MUG", ("CAP", "EBOOK"), ("substitutes", "1")),
        ("MUG", ("CAP", "CAP"), ("substitutes", "1")),
        ("EBOOK", ("MUG",), ("sku",)),
    ):
        refused = await refusal(run(set_variant_substitutes, SetVariantSubstitutes(sku, others)))
        assert (type(refused), refused.path) == (InvalidInput, path)
    refused = await refusal(run(set_variant_substitutes, SetVariantSubstitutes("MUG", ("CAP", "NO"))))
    assert (type(refused), refused.path) == (UnknownSku, ("substitutes", "1"))


async def test_units_are_told_apart_from_now_on_as_is_said(database: Database) -> None:
    await open_shop({"MUG": (1,)})
    by_lot = SetVariantTraceability("TEE", T.LOT, is_first_expired_first_out=True, unit_of_measure="box")
    await run(set_variant_traceability, by_lot)
    tee = await VariantRow.get(sku="TEE")
    assert (tee.traceability, tee.is_first_expired_first_out, tee.unit_of_measure) == (T.LOT, True, "box")
    await run(set_variant_traceability, SetVariantTraceability("MUG", T.NONE, unit_of_measure="piece"))
    assert (await VariantRow.get(sku="MUG")).unit_of_measure == "piece"
    for wrong, path in (
        (SetVariantTraceability("TEE", T.SERIAL, is_first_expired_first_out=True), ("isFirstExpiredFirstOut",)),
        (SetVariantTraceability("TEE", T.NONE, unit_of_measure=" "), ("unitOfMeasure",)),
        (SetVariantTraceability("EBOOK", T.SERIAL), ("traceability",)),
    ):
        refused = await refusal(run(set_variant_traceability, wrong))
        assert (type(refused), refused.path) == (InvalidInput, path)


async def test_a_policy_says_whether_more_is_sold_than_there_is(database: Database) -> None:
    await open_shop()
    for policy, limit, moment in ((B.BACKORDER, 5, None), (B.PREORDER, None, RELEASE), (B.DENY, None, None)):
        await set_policy("MUG", policy, limit, moment)
        mug = await VariantRow.get(sku="MUG")
        assert (mug.backorder_policy, mug.backorder_limit, mug.available_from) == (policy, limit, moment)
    for sku, policy, limit, moment, path in (
        ("MUG", B.PREORDER, None, None, "availableFrom"),
        ("MUG", B.BACKORDER, None, RELEASE, "availableFrom"),
        ("MUG", B.DENY, 3, None, "backorderLimit"),
        ("MUG", B.BACKORDER, -1, None, "backorderLimit"),
        ("EBOOK", B.BACKORDER, None, None, "backorderPolicy"),
    ):
        refused = await refusal(set_policy(sku, policy, limit, moment))
        assert (type(refused), refused.path) == (InvalidInput, (path,))


async def test_only_who_keeps_the_catalog_says_anything_about_variants(database: Database) -> None:
    await open_shop()
    picker = staff("wim", Role.WAREHOUSE)
    for flow, asked in (
        (set_variant_policy, SetVariantPolicy("MUG", B.BACKORDER)),
        (set_variant_components, SetVariantComponents("MUG", C.SINGLE)),
        (set_variant_substitutes, SetVariantSubstitutes("MUG", ())),
        (set_variant_traceability, SetVariantTraceability("MUG", T.NONE)),
    ):
        refused = await refusal(run(flow, asked, actor=picker))  # type: ignore[arg-type]
        assert isinstance(refused, PermissionDenied)


async def test_nothing_is_said_about_what_there_is_not(database: Database) -> None:
    await open_shop()
    assert isinstance(await refusal(set_policy("NO", B.BACKORDER)), UnknownSku)
    later = timedelta(days=1)
    assert isinstance(await refusal(set_policy("NO", B.PREORDER, 1, RELEASE + later)), UnknownSku)
