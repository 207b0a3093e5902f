"""The README, the checks that run on every change and the decisions agree with each other."""

import re

from graphql import build_schema, parse, validate

from tests.house.source import ROOT

START = "pip install uv && uv run waybill demo"
TEST = "pip install uv && uv run pytest"


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def shell_lines(markdown: str) -> list[str]:
    """The lines of every shell block, without comments."""
    blocks = re.findall(r"(?ms)^```(?:sh|bash|shell|console)\n(.*?)^```", markdown)
    lines = [re.sub(r"\s+#.*", "", line).strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def test_the_readme_starts_and_tests_with_one_command_each() -> None:
    assert {START, TEST} <= set(shell_lines(read("README.md")))


def test_every_change_is_checked_with_the_commands_of_the_readme() -> None:
    checks = read(".ci/run")
    for command in (START, TEST):
        assert command.removeprefix("pip install uv && ") in checks


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    folder = ROOT / "docs/decisions"
    papers = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [name[:4] for name in papers] == [f"{number:04}" for number in range(1, len(papers) + 1)]
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [name for name in papers if f"]({name})" not in index] == []


def test_the_subscriptions_that_the_papers_show_are_of_our_schema() -> None:
    schema = build_schema(read("schema/schema.graphql"))
    shown = re.findall(r"`(subscription .*?\n} })`", read("docs/live.md"), re.DOTALL)
    assert len(shown) == 1
    assert [validate(schema, parse(document)) for document in shown] == [[]]
