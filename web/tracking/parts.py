"""The parts of the page: each is a section of its own, which the script replaces when it has changed."""

from collections.abc import Mapping
from typing import Any

from web.tracking.languages import Language
from web.tracking.markup import Child, Markup, joined, tag
from web.tracking.progress import ENDED, STAGES, Tracking, headline, parcels, stage, state

LONGEST_INITIALS = 4
SCHEMES = ("https://", "http://")


def section(name: str, title: str, *children: Child) -> Markup:
    """A part with a heading."""
    heading = tag("h2", title, id=f"{name}-title")
    return tag("section", heading, *children, id=name, data_part=True, aria_labelledby=f"{name}-title")


def summary(say: Language, tracking: Tracking) -> Markup:
    """Which order it is, and how far."""
    news = say(f"headline.{headline(tracking)}")
    return tag(
        "section",
        _title(say, tracking["number"]),
        tag("p", say("placed"), " ", say.day(tracking["placedAt"]), class_="quiet"),
        tag("p", news, class_="headline", data_news=True),
        None if tracking["status"] in ENDED else _stages(say, stage(tracking) or STAGES[0]),
        id="summary",
        data_part=True,
        aria_labelledby="summary-title",
    )


def _title(say: Language, number: str) -> Markup:
    """Which order it is, its number in one piece."""
    before, _, after = say("order", number=number).partition(number)
    return tag("h1", before, tag("span", number, class_="together"), after, id="summary-title")


def _stages(say: Language, reached: str) -> Markup:
    at = STAGES.index(reached)
    steps = []
    for n, name in enumerate(STAGES):
        is_done = n < at or reached == STAGES[-1]
        hint = tag("span", f" ({say('done')})", class_="unseen") if is_done else None
        current = "step" if n == at else None
        kind = "done" if is_done else "now" if n == at else "ahead"
        steps.append(tag("li", say(f"stage.{name}"), hint, class_=kind, aria_current=current))
    return tag("ol", *steps, class_="stages", aria_label=say("progress"))


def waits(say: Language, tracking: Tracking) -> Markup | None:
    """What is still waited for, and until when it was promised."""
    if not tracking["backorders"]:
        return None
    titles = titles_of(tracking)
    rows = [
        tag("li", _units(say, titles, each), ", ", say("expected"), " ", say.day(each["promisedAt"]))
        for each in tracking["backorders"]
    ]
    return section("waits", say("waits"), tag("ul", *rows))


def on_the_way(say: Language, tracking: Tracking) -> Markup | None:
    """Its parcels, the last one first."""
    found = parcels(tracking)
    if not found:
        return (
            None
            if tracking["status"] in ENDED
            else section("parcels", say("parcels"), tag("p", say("no_parcels"), class_="quiet"))
        )
    numbered = list(enumerate(found, 1))
    titles = titles_of(tracking)
    return section("parcels", say("parcels"), *[_parcel(say, titles, n, *each) for n, each in reversed(numbered)])


def _parcel(
    say: Language, titles: Mapping[str, str], n: int, shipment: Mapping[str, Any], parcel: Mapping[str, Any]
) -> Markup:
    kind, name = state(shipment, parcel)
    scans = parcel["scans"]
    return tag(
        "article",
        tag("h3", say("parcel", number=n), id=f"parcel-{n}-title"),
        tag("p", say.named(kind, name), class_=f"state state-{name.lower().replace('_', '-')}"),
        tag("dl", *_facts(say, n, shipment, parcel)),
        tag("h4", say("contents")),
        tag("ul", *[tag("li", _units(say, titles, each)) for each in parcel["contents"]]),
        _journey(say, n, scans) if scans else None,
        class_="parcel",
        aria_labelledby=f"parcel-{n}-title",
    )


def _facts(say: Language, n: int, shipment: Mapping[str, Any], parcel: Mapping[str, Any]) -> list[Markup]:
    facts: list[tuple[str, Child]] = [(say("carrier"), carrier_name(parcel["carrier"]))]
    if parcel["trackingNumber"]:
        facts.append((say("number"), _number(say, n, parcel)))
    if parcel["scans"]:
        last = parcel["scans"][0]
        where = f"{last['place']}, " if last["place"] else None
        facts.append((say("seen"), joined(where, say.moment(last["occurredAt"]))))
    elif shipment["shippedAt"]:
        facts.append((say("handed_over"), say.moment(shipment["shippedAt"])))
    return [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts]


def carrier_name(code: str) -> str:
    """What people call the carrier: its code, but `dhl` is DHL and `fedex` is Fedex."""
    if code != code.lower():
        return code
    return code.upper() if len(code) <= LONGEST_INITIALS else code.title()


def _number(say: Language, n: int, parcel: Mapping[str, Any]) -> Markup:
    url, number = parcel["trackingUrl"], parcel["trackingNumber"]
    if not url or not url.lower().startswith(SCHEMES):
        return tag("span", number, class_="number")
    label = say("at_carrier", number=n, carrier=carrier_name(parcel["carrier"]))
    return tag("a", number, tag("span", f" ({label})", class_="unseen"), href=url, rel="noreferrer", class_="number")


def _journey(say: Language, n: int, scans: list[Mapping[str, Any]]) -> Markup:
    rows = [
        tag(
            "li",
            tag("span", say.named("tracking", scan["status"]), class_="what"),
            tag("span", f"{scan['place']}, " if scan["place"] else None, say.moment(scan["occurredAt"]), class_="when"),
        )
        for scan in scans
    ]
    return tag("details", tag("summary", say("journey")), tag("ol", *rows, class_="journey"), id=f"journey-{n}")


def lines(say: Language, tracking: Tracking) -> Markup:
    """What was bought."""
    rows = [
        tag(
            "li",
            say("units", quantity=each["quantity"], title=each["title"]),
            " ",
            tag("span", each["sku"], class_="sku"),
        )
        for each in tracking["lines"]
    ]
    return section("lines", say("ordered"), tag("ul", *rows))


def returns(say: Language, tracking: Tracking) -> Markup | None:
    """What is to come back, or has."""
    if not tracking["returns"]:
        return None
    titles = titles_of(tracking)
    rows = [
        tag(
            "article",
            tag("h3", say("return", number=each["number"])),
            tag("p", say.named("returning", each["status"]), class_="state"),
            tag("p", say("asked_on"), " ", say.day(each["requestedAt"]), class_="quiet"),
            tag("ul", *[tag("li", _units(say, titles, line)) for line in each["lines"]]),
            class_="parcel",
        )
        for each in tracking["returns"]
    ]
    return section("returns", say("returns"), *rows)


def titles_of(tracking: Tracking) -> dict[str, str]:
    """What each SKU was called when it was bought; a part of a bundle has no name of its own here."""
    return {each["sku"]: each["title"] for each in tracking["lines"]}


def _units(say: Language, titles: Mapping[str, str], each: Mapping[str, Any]) -> str:
    return say("units", quantity=each["quantity"], title=titles.get(each["sku"], each["sku"]))
