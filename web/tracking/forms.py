"""What the buyer can do on the page: plain forms, which need no script."""

from collections.abc import Mapping

from web.tracking.languages import Language
from web.tracking.markup import Attribute, Child, Markup, tag
from web.tracking.parts import section, titles_of
from web.tracking.progress import Tracking, may, returnable

UNITS = "units:"  # before the SKU, in the name of a field
LONGEST_REASON = 300
Given = Mapping[str, str]


def actions(say: Language, tracking: Tracking, given: Given) -> Markup:
    """What can be done now, `given` what was sent and refused."""
    offered = [
        _cancel(say, tracking, given) if may(tracking, "CANCEL") else None,
        _return(say, tracking, given) if may(tracking, "REQUEST_RETURN") and returnable(tracking) else None,
    ]
    nothing = None if any(offered) else tag("p", say("no_actions"), class_="quiet")
    return section("actions", say("actions"), *offered, nothing)


def _cancel(say: Language, tracking: Tracking, given: Given) -> Markup:
    return tag(
        "details",
        tag("summary", say("cancel")),
        _form(
            "/track/cancel",
            say,
            tracking,
            tag("p", say("cancel.hint"), id="cancel-hint"),
            *_proof(say, "cancel"),
            tag("button", say("cancel.do"), type="submit", class_="grave"),
        ),
        id="cancel",
        open=given.get("form") == "cancel",
    )


def _return(say: Language, tracking: Tracking, given: Given) -> Markup:
    titles = titles_of(tracking)
    counts: list[Child] = []
    for n, (sku, most) in enumerate(sorted(returnable(tracking).items())):
        label = say("return.of", title=titles.get(sku, sku), most=most)
        value = given.get(UNITS + sku, "0")
        counts.append(tag("label", label, for_=f"units-{n}"))
        bounds: dict[str, Attribute] = {"type": "number", "inputmode": "numeric", "min": 0, "max": most}
        counts.append(tag("input", id=f"units-{n}", name=UNITS + sku, value=value, **bounds))
    return tag(
        "details",
        tag("summary", say("return_goods")),
        _form(
            "/track/return",
            say,
            tracking,
            # How many there are already: asked twice by a double click, it is asked once.
            tag("input", type="hidden", name="returns", value=len(tracking["returns"])),
            tag("fieldset", tag("legend", say("return.which")), *counts),
            tag("label", say("return.reason"), for_="reason"),
            tag(
                "textarea",
                given.get("reason", ""),
                id="reason",
                name="reason",
                rows=2,
                maxlength=LONGEST_REASON,
                required=True,
            ),
            *_proof(say, "return"),
            tag("button", say("return.do"), type="submit"),
        ),
        id="return",
        open=given.get("form") == "return",
    )


def _form(action: str, say: Language, tracking: Tracking, *children: Child) -> Markup:
    order = tag("input", type="hidden", name="order", value=tracking["number"])
    chosen = tag("input", type="hidden", name="lang", value=say.code)
    return tag("form", order, chosen, *children, method="post", action=action)


def _proof(say: Language, form: str, *, has_hint: bool = True) -> tuple[Markup | None, ...]:
    hint = f"{form}-proof-hint" if has_hint else None
    return (
        tag("label", say("proof"), for_=f"{form}-proof"),
        tag(
            "input",
            id=f"{form}-proof",
            name="proof",
            required=True,
            maxlength=254,
            autocomplete="off",
            autocapitalize="none",
            spellcheck="false",
            aria_describedby=hint,
        ),
        tag("p", say("proof.hint"), id=hint, class_="quiet") if hint else None,
    )


def new_link(say: Language) -> Markup:
    """The form that asks for a new link."""
    return tag(
        "form",
        tag("input", type="hidden", name="lang", value=say.code),
        tag("label", say("closed.number"), for_="number"),
        tag("input", id="number", name="number", required=True, maxlength=40, autocomplete="off", spellcheck="false"),
        *_proof(say, "link", has_hint=False),
        tag("button", say("closed.do"), type="submit"),
        method="post",
        action="/track/link",
    )
