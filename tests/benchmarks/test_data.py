"""The orders that the benchmarks are run on are as consistent as those that were placed one by one."""

import pytest

from benchmarks.data.generate import Size, generate
from domain.kernel.database import current_connection
from server.database import open_database
from tests.domain.books import assert_books_balance

# Enough that every stage occurs.
TINY = Size(orders=60, skus=40, places=2)


@pytest.fixture
async def generated_url(postgres_database_url: str) -> str:
    """The URL of a database with a tiny shop."""
    await generate(postgres_database_url, TINY)
    return postgres_database_url


async def test_the_books_of_generated_orders_balance_and_every_reference_leads_somewhere(generated_url: str) -> None:
    async with open_database(generated_url):
        await assert_books_balance()
        assert await _dangling() == []
        counted = await current_connection().execute_query_dict(
            "SELECT count(*) AS orders, count(DISTINCT fulfillment_status) AS stages FROM orders"
        )
        assert counted == [{"orders": 60, "stages": 3}]


async def _dangling() -> list[str]:
    """The references with rows that lead nowhere: loading does not check them."""
    connection = current_connection()
    references = await connection.execute_query_dict(
        "SELECT conrelid::regclass::text AS source, attname::text AS name, confrelid::regclass::text AS target"
        " FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] WHERE contype = 'f'"
    )
    found = []
    for each in references:
        source, name, target = each["source"], each["name"], each["target"]
        [row] = await connection.execute_query_dict(
            f'SELECT count(*) AS lost FROM {source} LEFT JOIN {target} AS t ON t.id = {source}."{name}"'
            f' WHERE {source}."{name}" IS NOT NULL AND t.id IS NULL'
        )
        found += [f"{source}.{name}"] if row["lost"] else []
    assert len(references) > 30
    return found
