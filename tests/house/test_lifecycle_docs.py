"""The page about lifecycles says what the tables say."""

from scripts.lifecycles import LIFECYCLES, PAGE, page
from tests.house.source import ROOT, project


def test_the_page_about_lifecycles_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: uv run python -m scripts.lifecycles"


def test_the_page_shows_every_lifecycle_of_the_domain() -> None:
    declared = sum(
        source.text.count("= Lifecycle[") for source in project() if source.concept and source.name == "lifecycle"
    )
    assert declared == len(LIFECYCLES)
    assert PAGE.is_relative_to(ROOT)


def test_every_transition_has_a_row_and_an_arrow() -> None:
    text = page()
    for lifecycle in LIFECYCLES:
        for each in lifecycle.transitions:
            assert f"| {each.action} | {each.source} | {each.target} | {each.doc} |" in text
            assert f"    {each.source} --> {each.target}: {each.action}" in text
