"""Values as JSON texts: the same from both databases as from Python, at their edges too."""

from typing import Any

import orjson
import pytest

from domain.kernel.currencies import EXPONENTS
from domain.kernel.database import current_connection
from domain.kernel.money import format_minor
from schema.compiled.dialects import writer_of
from schema.compiled.plan import Literal, concatenated
from server.database import Database

AMOUNTS = (0, 1, -1, 9, 10, 99, -99, 100, 12_345, -12_345, 10**12, 2**53 + 1, 2**63 - 1, -(2**63) + 1)
CONTROLS = "".join(map(chr, range(1, 33))) + '"\\/\x7f\u2028é\U0001f69a'


async def answered(expression: str, *parameters: Any) -> Any:
    [row] = await current_connection().execute_query_dict(f"select {expression} as found", list(parameters))
    return row["found"]


async def test_an_amount_has_exactly_the_digits_of_its_currency(database: Database) -> None:
    writer = writer_of(database.dialect)
    for currency in ("EUR", *(next(code for code, n in EXPONENTS.items() if n == each) for each in {0, 3, 4})):
        for minor in AMOUNTS:
            amount = await answered(writer.amount(f"(cast({minor} as bigint))", f"cast('{currency}' as varchar(3))"))
            assert amount == f'"{format_minor(minor, currency)}"'


async def test_no_control_character_of_a_text_stands_raw_in_its_json(database: Database) -> None:
    """The marks that a plan leaves in an answer are such characters: nobody else can write them."""
    writer = writer_of(database.dialect)
    json = await answered(writer.json_text(f"cast({writer.parameter(1)} as text)"), CONTROLS)
    assert orjson.loads(json) == CONTROLS
    assert min(json) >= " "


@pytest.mark.parametrize("text", ["'", "''", "a'b", "\\'", "'; select 1; --", "$1 ?1 %s {0}"])
async def test_a_text_in_a_statement_means_itself(database: Database, text: str) -> None:
    assert await answered(concatenated([Literal(text), "'-'", Literal(text)])) == f"{text}-{text}"
