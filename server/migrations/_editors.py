"""Schema editors that create what the rows declare: Tortoise's own leave constraints out and lose indexes."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from copy import copy
from types import SimpleNamespace
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.exceptions import ConfigurationError
from tortoise.fields.base import Field
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.migrations.schema_editor.asyncpg import AsyncpgSchemaEditor
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_editor.data import ModelSqlData
from tortoise.migrations.schema_editor.sqlite import SqliteSchemaEditor
from tortoise.models import Model

from domain.kernel.database import Dialect

Constraint = CheckConstraint | UniqueConstraint
_CREATE_INDEX = re.compile(r'^CREATE (UNIQUE )?INDEX "([^"]+)"')


class DeclaringEditor(BaseSchemaEditor):
    """CREATE TABLE with the CHECKs and uniques of `Meta.constraints`; no comments, no cascades."""

    def _inner_sql(self, model: type[Model], constraint: Constraint) -> str | None:  # noqa: ARG002
        """The constraint as a line of CREATE TABLE, or None where it is an index of its own."""
        if isinstance(constraint, CheckConstraint):
            return self.CHECK_CONSTRAINT_CREATE_TEMPLATE.format(name=constraint.name, check=constraint.check)
        return None

    def _unique_index_sql(self, model: type[Model], constraint: UniqueConstraint) -> str:
        columns = self._resolve_fields_to_columns(model, constraint.fields)
        name = constraint.name or self._generate_index_name("uid", model, columns)
        table = self._qualify_table_name(model._meta.db_table, model._meta.schema)
        where = f" WHERE {constraint.condition}" if constraint.condition else ""
        return f'CREATE UNIQUE INDEX "{name}" ON {table} ({", ".join(map(self.quote, columns))}){where};'

    def _get_model_sql_data(self, model: type[Model]) -> ModelSqlData:
        constraints: tuple[Constraint, ...] = tuple(model._meta.constraints or ())
        self._inner_statements = [sql for each in constraints if (sql := self._inner_sql(model, each)) is not None]
        data = super()._get_model_sql_data(model)
        self._inner_statements = []
        uniques = [
            self._unique_index_sql(model, each)
            for each in constraints
            if isinstance(each, UniqueConstraint) and self._inner_sql(model, each) is None
        ]
        return ModelSqlData(
            table=data.table,
            table_sql="\n".join([data.table_sql, *uniques]),
            references=data.references,
            model=data.model,
            m2m_tables_sql=data.m2m_tables_sql,
        )

    def _get_inner_statements(self) -> list[str]:
        # Tortoise asks for them in the middle of _get_model_sql_data, without saying for which model.
        return list(self._inner_statements)

    _inner_statements: list[str] = []

    def _new_index(self, sql: str) -> str | None:
        """The name of the index that this makes outside a transaction, where it must stand being made again."""
        made = None if isinstance(self.client, TransactionalDBClient) else _CREATE_INDEX.match(sql)
        return made[2] if made else None

    def _get_index_sql(self, model: type[Model], field_names: Any, *args: Any, **kwargs: Any) -> str:
        # An Index(fields=("order",)) means the column order_id; Tortoise resolves tuples only.
        return super()._get_index_sql(model, self._resolve_fields_to_columns(model, field_names), *args, **kwargs)

    def _get_fk_reference_string(self, *args: Any, **kwargs: Any) -> str:
        sql = super()._get_fk_reference_string(*args, **kwargs)
        if "CASCADE" in sql:
            raise ConfigurationError(f"no row disappears with another: give the foreign key{sql} an on_delete")
        return sql

    def _get_table_comment_sql(self, table: str, comment: str) -> str:  # noqa: ARG002
        return ""

    def _get_column_comment_sql(self, table: str, column: str, comment: str) -> str:  # noqa: ARG002
        return ""

    async def add_field(self, model: type[Model], field_name: str) -> None:
        await super().add_field(model, field_name)
        field = model._meta.fields_map[field_name]
        if field.index and not field.pk:  # which Tortoise forgets
            await self.add_index(model, Index(fields=(field_name,)))


class PostgresEditor(DeclaringEditor, AsyncpgSchemaEditor):
    """PostgreSQL's, where a plain unique is a constraint and a partial one an index."""

    def _inner_sql(self, model: type[Model], constraint: Constraint) -> str | None:
        if isinstance(constraint, UniqueConstraint) and not constraint.condition:
            columns = self._resolve_fields_to_columns(model, constraint.fields)
            name = constraint.name or self._generate_index_name("uid", model, columns)
            return self.UNIQUE_CONSTRAINT_CREATE_TEMPLATE.format(
                index_name=name, fields=", ".join(map(self.quote, columns))
            )
        return super()._inner_sql(model, constraint)

    async def _run_sql(self, sql: str) -> None:
        # A migration that is not atomic makes its indexes while others write, which no transaction may.
        if index := self._new_index(sql):
            torn = f"SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('{index}') AND NOT indisvalid"
            if await self.client.execute_query_dict(torn):  # what is left of a run that was cut off
                await super()._run_sql(f'DROP INDEX CONCURRENTLY "{index}"')
            sql = _CREATE_INDEX.sub(r'CREATE \1INDEX CONCURRENTLY IF NOT EXISTS "\2"', sql)
        await super()._run_sql(sql)


class SqliteEditor(DeclaringEditor, SqliteSchemaEditor):
    """SQLite's, where every change but a new column or index makes the table anew.

    The connection has foreign_keys off, for DROP TABLE deletes the rows first; the runner checks them before commit.
    """

    async def _run_sql(self, sql: str) -> None:
        if self.collect_sql:
            self.collected_sql.append(sql)
            return
        if self._new_index(sql):
            sql = _CREATE_INDEX.sub(r'CREATE \1INDEX IF NOT EXISTS "\2"', sql)
        # One by one: a script commits the migration's transaction first.
        for statement in sqlite_statements(sql):
            await self.client.execute_query(statement)

    async def add_constraint(self, model: type[Model], constraint: Constraint) -> None:
        if isinstance(constraint, CheckConstraint):
            await self._remake(model)
        else:
            await self._run_sql(self._unique_index_sql(model, constraint))

    async def remove_constraint(self, model: type[Model], constraint: Constraint) -> None:
        if isinstance(constraint, CheckConstraint):
            await self._remake(remade(model, without_constraint=constraint))
        else:
            await super().remove_constraint(model, constraint)

    async def rename_constraint(self, model: type[Model], old_constraint: Any, new_constraint: Any) -> None:
        if isinstance(old_constraint, CheckConstraint):
            await self._remake(model)
            return
        await self.remove_constraint(model, old_constraint)
        await self.add_constraint(model, new_constraint)

    async def remove_field(self, model: type[Model], field: Field[Any]) -> None:
        column = field.source_field or field.model_field_name
        await self._remake(remade(model, without_column=column))

    async def _alter_field(self, model: type[Model], old_field: Field[Any], new_field: Field[Any]) -> None:
        old_column = self.quote(old_field.source_field or old_field.model_field_name)
        value = old_column
        if old_field.null and not new_field.null and new_field.default is not None:
            value = f"COALESCE({old_column}, {self._default_to_sql_literal(new_field.default)})"
        await self._remake(model, {new_field.source_field or new_field.model_field_name: value})

    async def _remake(self, model: type[Model], values: Mapping[str, str] | None = None) -> None:
        """Make the table as `model` says, with the rows it has; `values` are expressions for columns that change."""
        table, new_table = self.quote(model._meta.db_table), self.quote(f"new__{model._meta.db_table}")
        create, *indexes = sqlite_statements(self._get_model_sql_data(model).table_sql)
        columns = list(model._meta.fields_db_projection.values())
        sources = [(values or {}).get(column, self.quote(column)) for column in columns]
        await self._run_sql(create.replace(f"CREATE TABLE {table}", f"CREATE TABLE {new_table}", 1))
        await self._run_sql(
            f"INSERT INTO {new_table} ({', '.join(map(self.quote, columns))}) SELECT {', '.join(sources)} FROM {table};"
        )
        await self._run_sql(f"DROP TABLE {table};")
        await self._run_sql(f"ALTER TABLE {new_table} RENAME TO {table};")
        for index in indexes:
            await self._run_sql(index)


def remade(
    model: type[Model], *, without_column: str | None = None, without_constraint: Constraint | None = None
) -> type[Model]:
    """A stand-in for `model` that lacks one thing: when something goes, Tortoise hands over the model that has it."""
    meta = copy(model._meta)
    meta.fields_db_projection = {k: v for k, v in meta.fields_db_projection.items() if v != without_column}
    meta.constraints = tuple(each for each in meta.constraints or () if each != without_constraint)
    stand_in: Any = SimpleNamespace(_meta=meta, __name__=model.__name__)
    return stand_in  # type: ignore[no-any-return]


def sqlite_statements(script: str) -> Iterator[str]:
    """The statements of `script`, each with its semicolon; one inside a text or a comment ends nothing."""
    statement = ""
    for part in script.rstrip().rstrip(";").split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""
    assert not statement.strip(), f"an unfinished statement: {statement}"


def editor_for(dialect: Dialect, client: BaseDBAsyncClient) -> BaseSchemaEditor:
    """The editor of `dialect` that writes through `client`, a transaction's connection."""
    editor = PostgresEditor if dialect is Dialect.POSTGRES else SqliteEditor
    return editor(client)
