"""The usual way, which answers whatever the compiled one cannot: errors above all."""

from server.database import Database
from tests.builders import SUPPORT, execute, open_shop, place

BOTH = """query ($id: ID!) {
  refused: order(by: {id: $id}) { channel { code } lines { id variant { sku } } events(first: 101) { totalCount } }
  shown: order(by: {id: $id}) { channel { code } lines { variant { sku product { handle } } } }
}"""


async def test_an_error_in_one_part_of_an_answer_leaves_what_another_part_waits_for(database: Database) -> None:
    """Both parts wait for the same rows: giving up one must not cancel them for the other."""
    await open_shop(ber={"MUG": 5})
    order = await place(MUG=1)
    answer = await execute(SUPPORT, BOTH, id=order["id"])
    assert [error.path for error in answer.errors] == [["refused", "events"]]
    assert answer.data == {
        "refused": None,
        "shown": {
            "channel": {"code": "web-de"},
            "lines": [{"variant": {"sku": "MUG", "product": {"handle": "things"}}}],
        },
    }
