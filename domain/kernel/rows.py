"""How rows are declared and made: keys made in Python, references without cascades."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from tortoise import fields
from tortoise.migrations.constraints import UniqueConstraint
from tortoise.models import Model

from domain.kernel.ids import new_id


class Row(Model):
    """A row with a UUIDv7 key. Rows are data and constraints; rules live in pure functions."""

    id = fields.UUIDField(primary_key=True, default=new_id, description="The key: a UUIDv7.")

    class Meta:
        abstract = True

    def __init__(self, **given: Any) -> None:
        # Tortoise asks each field about each value, which takes thirty times as long. Ours are of the right types
        # already, and what the database cannot keep it refuses.
        blank = _blank(type(self))
        state = blank.values | given
        if len(state) > len(blank.values):
            unknown = ", ".join(sorted(given.keys() - blank.values.keys()))
            raise TypeError(f"{type(self).__name__} has no column {unknown}")
        for name, make in blank.makers:
            if name not in given:
                state[name] = make()
        object.__setattr__(self, "__dict__", state)


@dataclass(frozen=True)
class _Blank:
    """What a new row holds before anything is said of it."""

    values: dict[str, Any]
    makers: tuple[tuple[str, Callable[[], Any]], ...]


@cache
def _blank(kind: type[Row]) -> _Blank:
    columns = {name: kind._meta.fields_map[name] for name in kind._meta.fields_db_projection}
    values: dict[str, Any] = {name: None if callable(each.default) else each.default for name, each in columns.items()}
    # What Tortoise keeps beside the columns. There are no defaults that are waited for.
    values |= {"_partial": False, "_saved_in_db": False, "_custom_generated_pk": False, "_await_when_save": {}}
    makers = tuple((name, each.default) for name, each in columns.items() if callable(each.default))
    return _Blank(values, makers)


def reference(to: str, description: str, *, null: bool = False, index: bool = True) -> Any:
    """A foreign key to another row, by name. Nothing is ever deleted through it (no cascade).

    PostgreSQL gives a foreign key no index: `index` makes one, unless a wider index of the table starts with it.
    """
    options: dict[str, Any] = {"null": null, "db_index": index, "description": description}
    return fields.ForeignKeyField(f"waybill.{to}", related_name=False, on_delete=fields.NO_ACTION, **options)


def partial_index(name: str, fields: tuple[str, ...], where: str) -> UniqueConstraint:
    """An index of those rows alone that fulfil `where`, by `fields`, of which the key is the last.

    The rows that it leaves out cost it nothing, neither space nor writes. Tortoise's own partial index knows no more
    than equality; with the key in it a unique one refuses nothing. A condition must be on enums, which statements name
    as literals, or on null: with a plan that serves all parameters no other one is found.
    """
    assert fields[-1] == "id", f"{name}: without the key it would refuse rows"
    return UniqueConstraint(fields=fields, name=name, condition=where)
