"""The page's languages: which one a reader wants, and what is said in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from web.tracking.markup import Markup, tag

FOLDER = Path(__file__).parent / "texts"
NAMES: Mapping[str, str] = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français"}
DEFAULT = "en"
MOST_WISHES = 20


@dataclass(frozen=True)
class Language:
    """What is said in one language. A text that is missing is a bug, which a test finds."""

    code: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **facts: object) -> str:
        """The text, with the facts in it."""
        return self.texts[key].format(**facts)

    def named(self, kind: str, value: str) -> str:
        """What a value of an enum is called; a value newer than this page is shown as it is."""
        return self.texts.get(f"{kind}.{value}", value.replace("_", " ").capitalize())

    def day(self, moment: str) -> Markup:
        """The day of a moment of the API, in UTC."""
        at = _parsed(moment)
        return tag("time", self._day(at), datetime=at.date().isoformat())

    def moment(self, moment: str) -> Markup:
        """A moment of the API in UTC; the page's script shows it in the reader's own time zone."""
        at = _parsed(moment)
        text = self("moment", day=self._day(at), hour=f"{at:%H:%M}")
        return tag("time", text, datetime=moment, data_local=True)

    def _day(self, at: datetime) -> str:
        month = self.texts["months"].split(" ")[at.month - 1]
        return self("day", day=at.day, month=month, year=at.year)


@cache
def language(code: str) -> Language:
    """The language of this code."""
    texts: dict[str, str] = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    return Language(code, texts)


def wanted(chosen: str | None, accepted: str) -> Language:
    """The language that was chosen; else the best of the header Accept-Language; else English."""
    if chosen in NAMES:
        return language(chosen)
    wishes = []
    for n, wish in enumerate(accepted.split(",")[:MOST_WISHES]):
        code, _, weight = wish.strip().partition(";q=")
        main = code.strip().partition("-")[0].lower()
        if main in NAMES and (liked := _weight(weight)) > 0:
            wishes.append((-liked, n, main))
    return language(min(wishes)[2] if wishes else DEFAULT)


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def _parsed(moment: str) -> datetime:
    return datetime.fromisoformat(moment)
