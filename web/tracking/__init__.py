"""The tracking page: one order for whoever holds its link, in HTML that needs no script, kept fresh by a small one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from web.tracking import forms, parts
from web.tracking.languages import NAMES, Language, wanted
from web.tracking.markup import Child, Markup, joined, tag
from web.tracking.progress import Tracking

__all__ = ["ASSETS", "NAMES", "Language", "Notice", "Tracking", "closed", "operation", "page", "wanted"]

FOLDER = Path(__file__).parent
# Served by the application under /track/assets.
ASSETS = FOLDER / "assets"


@dataclass(frozen=True)
class Notice:
    """What became of what was sent: the key of its text, and, of what was refused, what to fill in again."""

    key: str
    is_refusal: bool = False
    given: Mapping[str, str] = field(default_factory=dict)


def operation(name: str) -> str:
    """The GraphQL document of that name; the page asks for nothing that the API does not offer to everybody."""
    return (FOLDER / "operations" / f"{name}.graphql").read_text(encoding="utf-8")


def page(say: Language, tracking: Tracking, notice: Notice | None = None) -> str:
    """The page about an order, which is what the operation `tracking` gives."""
    content = tag(
        "main",
        _notice(say, notice),
        parts.summary(say, tracking),
        tag("p", say("plain"), id="live", class_="quiet", data_live=say("live"), data_lost=say("lost")),
        parts.on_the_way(say, tracking),
        parts.waits(say, tracking),
        parts.returns(say, tracking),
        forms.actions(say, tracking, notice.given if notice else {}),
        parts.lines(say, tracking),
        id="main",
        tabindex=-1,
        data_order=tracking["number"],
        data_cursor=tracking["eventCursor"],
        data_watch=operation("watch"),
    )
    # What the script tells those who do not see the page change.
    told = tag("p", id="told", class_="unseen", role="status", aria_live="polite", data_updated=say("updated"))
    return _document(say, say("order", number=tracking["number"]), joined(content, told), has_script=True)


def closed(say: Language, notice: Notice | None = None) -> str:
    """The page for whoever has no link that opens an order. Unknown and expired links look the same."""
    content = tag(
        "main",
        _notice(say, notice),
        tag(
            "section", tag("h1", say("closed.title")), tag("p", say("closed.text")), forms.new_link(say), class_="first"
        ),
        id="main",
        tabindex=-1,
    )
    return _document(say, say("closed.title"), content, has_script=False)


def _notice(say: Language, notice: Notice | None) -> Markup | None:
    if notice is None:
        return None
    kind = "notice refusal" if notice.is_refusal else "notice"
    return tag("p", say(notice.key), class_=kind, role="alert" if notice.is_refusal else "status", id="notice")


def _document(say: Language, title: str, content: Markup, *, has_script: bool) -> str:
    script = tag("script", src="/track/assets/track.js", defer=True) if has_script else None
    head: list[Child] = [
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("title", title),
        tag("link", rel="icon", href="data:,"),
        tag("link", rel="stylesheet", href="/track/assets/track.css"),
        script,
    ]
    header = tag("header", tag("p", say("title"), class_="brand"), _languages(say))
    skip = tag("a", say("skip"), href="#main", class_="skip")
    body = tag("body", skip, header, content)
    return "<!doctype html>\n" + tag("html", tag("head", *head), body, lang=say.code)


def _languages(say: Language) -> Markup:
    links = [
        tag("li", tag("a", name, href=f"?lang={code}", lang=code, aria_current="true" if code == say.code else None))
        for code, name in NAMES.items()
    ]
    return tag("nav", tag("ul", *links), aria_label=say("language"))
