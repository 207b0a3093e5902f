"""The tracking page says the same in every language, asks only our own host, and only for what the API has."""

import re
from pathlib import Path
from string import Formatter

import pytest
from graphql import build_schema, parse, validate

from domain.returns.lifecycle import ReturnStatus
from domain.shipping.lifecycle import TrackingStatus
from server.tracking_page import KNOWN_REFUSALS, SAID
from tests.house.source import ROOT, files
from web import tracking as page
from web.tracking.languages import language
from web.tracking.progress import ENDED, STAGES

OPERATIONS = sorted((page.FOLDER / "operations").glob("*.graphql"))


def facts_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", page.NAMES)
def test_every_language_says_everything_with_the_same_facts(code: str) -> None:
    english, texts = language("en").texts, language(code).texts
    assert list(texts) == list(english)
    assert {key for key in texts if facts_in(texts[key]) != facts_in(english[key])} == set()
    assert [key for key, text in texts.items() if not text.strip()] == []
    assert len(texts["months"].split(" ")) == 12


def test_every_status_has_a_name_and_every_answer_a_text() -> None:
    texts = language("en").texts
    wanted = {f"tracking.{each}" for each in TrackingStatus} | {f"returning.{each}" for each in ReturnStatus}
    wanted |= {f"stage.{each}" for each in STAGES} | {f"headline.{each}" for each in {*STAGES, *ENDED, "COMPLETED"}}
    wanted |= {f"said.{each}" for each in SAID} | {f"refused.{each}" for each in KNOWN_REFUSALS}
    assert wanted - set(texts) == set()


def test_no_text_is_left_over() -> None:
    source = "".join((ROOT / path).read_text(encoding="utf-8") for path in files() if path.startswith("web/tracking/"))
    composed = ("tracking.", "returning.", "stage.", "headline.", "said.", "refused.", "shipment.")
    named = [key for key in language("en").texts if not key.startswith(composed)]
    assert [key for key in named if f'"{key}"' not in re.sub(r'(?m)^  "[^"]+": .*$', "", source)] == []


@pytest.mark.parametrize("file", OPERATIONS, ids=lambda file: file.stem)
def test_every_operation_of_the_page_is_of_our_schema(file: Path) -> None:
    schema = build_schema((ROOT / "schema/schema.graphql").read_text(encoding="utf-8"))
    assert validate(schema, parse(page.operation(file.stem))) == []


def test_the_page_asks_only_our_own_host_and_only_for_files_that_are_there() -> None:
    asked = re.findall(r'(?:src|href)="([^"]+)"', page.closed(page.wanted("en", "")))
    assert set(asked) == {"data:,", "/track/assets/track.css", "#main", *(f"?lang={code}" for code in page.NAMES)}
    assert sorted(path.name for path in page.ASSETS.iterdir()) == ["track.css", "track.js"]
    for asset in page.ASSETS.iterdir():
        assert re.findall(r"https?://|url\(|@import", asset.read_text(encoding="utf-8")) == []
