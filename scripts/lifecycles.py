"""Writes docs/lifecycles.md from the lifecycle tables.

uv run python -m scripts.lifecycles
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from domain.assemblies.lifecycle import ASSEMBLY
from domain.bulk.lifecycle import BULK_RUN
from domain.fulfillment.lifecycle import FULFILLMENT_ORDER
from domain.imports.lifecycle import IMPORT
from domain.kernel.lifecycle import Lifecycle
from domain.orders.lifecycle import ORDER
from domain.payments.lifecycle import PAYMENT, REFUND
from domain.reservations.lifecycle import RESERVATION
from domain.returns.lifecycle import DISPOSITION, RETURN
from domain.shipping.lifecycle import SHIPMENT
from domain.supplies.lifecycle import SUPPLY
from domain.transfers.lifecycle import TRANSFER

PAGE = Path(__file__).parent.parent / "docs" / "lifecycles.md"
LIFECYCLES: Sequence[Lifecycle[Any, Any, Any]] = (
    ORDER,
    FULFILLMENT_ORDER,
    SHIPMENT,
    PAYMENT,
    REFUND,
    RETURN,
    DISPOSITION,
    RESERVATION,
    TRANSFER,
    SUPPLY,
    ASSEMBLY,
    BULK_RUN,
    IMPORT,
)
HEAD = """# Lifecycles

Written by `uv run python -m scripts.lifecycles` from the tables in `domain/*/lifecycle.py`; do not edit it by hand.

An action without a permission is never asked for: it follows from facts (a roll-up, a scan, a time-out).
"Refused when" names the rule that may stand against an action. Every action that is not in the table for a state is
refused as `WRONG_STATUS`.
"""


def page() -> str:
    """The whole page: a diagram and a table for each lifecycle."""
    return "\n".join([HEAD, *(section(each) for each in LIFECYCLES)])


def section(lifecycle: Lifecycle[Any, Any, Any]) -> str:
    """One lifecycle: its states in words, its diagram, and a row for each transition."""
    statuses = type(lifecycle.initial[0])
    rows = ["| Action | From | To | What happened | Refused when | Permission |", "|---|---|---|---|---|---|"]
    for each in lifecycle.transitions:
        permission = lifecycle.permissions.get(each.action)
        cells = [each.action, each.source, each.target, each.doc]
        cells += [f"`{each.blocked.__name__}`" if each.blocked else "", f"`{permission}`" if permission else ""]
        rows.append(f"| {' | '.join(cells)} |")
    title = lifecycle.name.capitalize()
    return "\n".join([f"## {title}\n", f"{statuses.__doc__}\n", diagram(lifecycle), *rows, ""])


def diagram(lifecycle: Lifecycle[Any, Any, Any]) -> str:
    """The states and arrows as Mermaid draws them; states that nothing leads out of are ends."""
    lines = [f"    [*] --> {status}" for status in lifecycle.initial]
    lines += [f"    {each.source} --> {each.target}: {each.action}" for each in lifecycle.transitions]
    sources = {each.source for each in lifecycle.transitions}
    lines += [f"    {status} --> [*]" for status in type(lifecycle.initial[0]) if status not in sources]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
