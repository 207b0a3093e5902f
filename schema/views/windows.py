"""The pages of many parents in one statement: each parent's page is cut in SQL, by a window over its children."""

from typing import Any

from pypika_tortoise.analytics import RowNumber
from pypika_tortoise.enums import Order
from tortoise.expressions import Expression, ResolveContext, ResolveResult
from tortoise.queryset import QuerySet

from schema.views.paging import Ordering

_PLACE = "place_in_page"


class _Place(Expression):
    """row_number() over (partition by the parent order by the page's ordering)."""

    def __init__(self, parent: str, ordering: Ordering) -> None:
        self.parent, self.ordering = parent, ordering

    def resolve(self, resolve_context: ResolveContext) -> ResolveResult:
        table, columns = resolve_context.table, resolve_context.model._meta.fields_db_projection
        numbered = RowNumber().over(table[columns[self.parent]])
        direction = Order.desc if self.ordering.is_descending else Order.asc
        for term in self.ordering.terms:
            numbered = numbered.orderby(table[columns[term.lstrip("-")]], order=direction)
        return ResolveResult(term=numbered)


async def first_of_each(matching: QuerySet[Any], parent: str, ordering: Ordering, limit: int) -> list[Any]:
    """At most `limit` rows of each parent, in order."""
    ranked = matching.annotate(**{_PLACE: _Place(parent, ordering)})
    # Tortoise cannot filter by a window, so its own statement is wrapped (what `QuerySet.sql` and `_execute` do).
    ranked._choose_db_if_not_chosen()
    ranked._make_query()
    sql, values = ranked.query.get_parameterized_sql()
    cut = f'SELECT * FROM ({sql}) "ranked" WHERE "{_PLACE}" <= {limit:d} ORDER BY "{_PLACE}"'
    return await ranked._db.executor_class(model=ranked.model, db=ranked._db).execute_select(cut, values)
