"""GraphiQL, the page to try the API in: vendored, so that it works without any network."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).parent
# Served by the application under /graphiql/assets.
ASSETS = FOLDER / "assets"
OPERATIONS_PLACEHOLDER = "__OPERATIONS__"


def page() -> str:
    """The HTML page, with every saved operation as a tab."""
    template = (FOLDER / "index.html").read_text(encoding="utf-8")
    return template.replace(OPERATIONS_PLACEHOLDER, embedded(saved_operations()))


def embedded(operations: Sequence[Mapping[str, str]]) -> str:
    """`operations` as JSON that may stand in a script element: the "<" that could end the element is escaped."""
    return json.dumps(operations).replace("<", "\\u003c")


def saved_operations() -> list[dict[str, str]]:
    """Each `operations/NAME.graphql` in the order of the names; `NAME.json`, if there is one, holds its variables."""
    operations = []
    for document in sorted((FOLDER / "operations").glob("*.graphql")):
        operation = {"query": document.read_text(encoding="utf-8")}
        variables = document.with_suffix(".json")
        if variables.exists():
            operation["variables"] = variables.read_text(encoding="utf-8")
        operations.append(operation)
    return operations
