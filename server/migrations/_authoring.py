"""Writes the next migration: what the rows say now, compared with what the history says."""

import asyncio
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tortoise import fields
from tortoise.context import TortoiseContext
from tortoise.fields.base import Field
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.writer import (
    MigrationWriter,
    format_migration_name,
    migrations_module_path,
    slugify_migration_name,
)

from server.database import tortoise_settings

PACKAGE = "server.migrations"


class SchemaAutodetector(MigrationAutodetector):
    """Tortoise's, looking at the schema only: words and Python's defaults are no reason for a migration."""

    def _current_state(self) -> State:
        state = super()._current_state()
        for model in state.models.values():
            model.options.pop("table_description", None)
            model.description = ""
            model.fields = {name: schema_field(field) for name, field in model.fields.items()}
        return state


def schema_field(field: Field[Any]) -> Field[Any]:
    """The field as its column is: a history that imported enums and functions of today would break with them."""
    if type(field).__name__ == "CharEnumFieldInstance":
        same = ("null", "unique", "source_field", "db_default")
        text: Field[Any] = fields.CharField(
            field.max_length,  # type: ignore[attr-defined]
            db_index=field.index,
            **{name: getattr(field, name) for name in same},
        )
        text.model_field_name = field.model_field_name
        return text
    if callable(field.default) or not isinstance(field.default, (bool, int, str)):
        field.default = None
    field.description = None
    return field


async def schema_changes() -> list[MigrationWriter]:
    """The migration that is missing, none when the history makes exactly what the rows declare."""
    config = tortoise_settings({"engine": "server.engines.sqlite", "credentials": {"file_path": ":memory:"}})
    async with TortoiseContext() as context:
        await context.init(config=config, init_connections=False)
        assert context.apps is not None
        return await SchemaAutodetector(context.apps, config["apps"]).changes()


async def write_migration(name: str, *, from_scratch: bool = False) -> Path | None:
    """The file of the next migration, called `name`; None when there is nothing to change.

    `from_scratch` throws the history away and writes it as one migration: only before the first release.
    """
    folder = migrations_module_path(PACKAGE)
    if from_scratch:
        for old in folder.glob("[0-9]*.py"):
            old.unlink()
    changes = await schema_changes()
    if not changes:
        return None
    writer = changes[0]
    number = int(writer.name.split("_", 1)[0])
    writer.name = format_migration_name(number, slugify_migration_name(name))
    path = writer.path()
    title = f'"""{name[:1].upper() + name[1:].replace("_", " ")}."""\n\n# ruff: noqa: E501\n\n'
    path.write_text(title + writer.as_string(), encoding="utf-8")
    await asyncio.to_thread(_format, path)
    return path


def _format(path: Path) -> None:
    if find_spec("ruff"):  # a developer's tool, not there where Waybill only runs
        subprocess.run([sys.executable, "-m", "ruff", "check", "-q", "--fix", "--select", "I", path], check=True)
        subprocess.run([sys.executable, "-m", "ruff", "format", "-q", path], check=True)
