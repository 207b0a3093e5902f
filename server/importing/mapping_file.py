"""The mapping file (TOML), read and checked."""

import tomllib
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.flows.imported import Standing
from domain.kernel.currencies import EXPONENTS
from domain.orders.models import ChargeKind
from server.importing.faults import ImportRefused
from server.importing.mapping import (
    AddressMapping,
    ChannelMapping,
    ChargeColumn,
    ChargeRule,
    CreditMapping,
    CustomerMapping,
    LineMapping,
    Mapping,
    OrderMapping,
    PaymentMapping,
    ShipmentMapping,
    SourceMapping,
    StatusMapping,
)

PARTS: dict[str, type[Any]] = {
    "channel": ChannelMapping,
    "order": OrderMapping,
    "line": LineMapping,
    "source": SourceMapping,
    "customer": CustomerMapping,
    "address": AddressMapping,
    "credits": CreditMapping,
    "shipment": ShipmentMapping,
    "payment": PaymentMapping,
}


def read_mapping(path: Path) -> Mapping:
    """The mapping in the file. Raises ImportRefused with a sentence that names the place."""
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except OSError as error:
        raise ImportRefused(f"The mapping {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImportRefused(f"The mapping {path} is not TOML: {error}.") from error
    mapping = _mapping(tables)
    _check(mapping)
    return mapping


def _mapping(tables: dict[str, Any]) -> Mapping:
    left = dict(tables)
    status = left.pop("status", {})
    if isinstance(status, dict):
        status = _standings(status)
    rules = [_part(ChargeRule, _kinded(each), "charges") for each in left.pop("charges", [])]
    columns = [_part(ChargeColumn, _kinded(each), "charge_columns") for each in left.pop("charge_columns", [])]
    if unknown := sorted(set(left) - set(PARTS)):
        raise ImportRefused(f"The mapping has a table [{unknown[0]}] that means nothing here.")
    built = {name: _part(kind, left.get(name, {}), name) for name, kind in PARTS.items()}
    return Mapping(
        **built, status=_part(StatusMapping, status, "status"), charges=tuple(rules), charge_columns=tuple(columns)
    )


PartT = TypeVar("PartT")


def _part(kind: type[PartT], table: Any, name: str) -> PartT:
    if not isinstance(table, dict):
        raise ImportRefused(f"[{name}] of the mapping is a table.")
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(table) - set(known)):
        raise ImportRefused(f"[{name}] of the mapping has an entry `{unknown[0]}` that means nothing here.")
    for each in known.values():
        needed = each.default is MISSING and each.default_factory is MISSING
        if needed and each.name not in table:
            raise ImportRefused(f"[{name}] of the mapping lacks `{each.name}`.")
        if each.name in table and each.default is not MISSING and not isinstance(table[each.name], type(each.default)):
            raise ImportRefused(f"`{each.name}` in [{name}] of the mapping is a {type(each.default).__name__}.")
        if needed and each.type in ("str", str) and not isinstance(table[each.name], str):
            raise ImportRefused(f"`{each.name}` in [{name}] of the mapping is a text.")
    return kind(**table)


def _kinded(table: Any) -> Any:
    """The same entry, its kind of charge checked."""
    if not isinstance(table, dict) or "kind" not in table:
        return table
    if table["kind"] not in list(ChargeKind):
        raise ImportRefused(f'"{table["kind"]}" is no kind of charge: use {", ".join(ChargeKind)}.')
    return {**table, "kind": ChargeKind(table["kind"])}


def _standings(table: dict[str, Any]) -> dict[str, Any]:
    """The same table, its statuses checked."""

    def standing(text: Any) -> Standing:
        if text not in list(Standing):
            raise ImportRefused(f'"{text}" is no status of the mapping: use {", ".join(Standing)}.')
        return Standing(text)

    read = dict(table)
    if "default" in read:
        read["default"] = standing(read["default"])
    read["values"] = {word: standing(text) for word, text in read.get("values", {}).items()}
    return read


def _check(mapping: Mapping) -> None:
    """Raises ImportRefused for values that can never be right."""
    if mapping.channel.currency not in EXPONENTS:
        raise ImportRefused(f'"{mapping.channel.currency}" is not an ISO 4217 currency code such as EUR.')
    for name in (mapping.source.time_zone, mapping.channel.time_zone or "UTC"):
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ImportRefused(f'"{name}" is not an IANA time zone such as Europe/London.') from error
    if mapping.source.decimal not in (".", ","):
        raise ImportRefused('`decimal` in [source] of the mapping is "." or ",".')
    if len(mapping.source.delimiter) != 1:
        raise ImportRefused("`delimiter` in [source] of the mapping is one character.")
    if mapping.order.unpriced_without_customer not in ("import", "report"):
        raise ImportRefused('`unpriced_without_customer` in [order] of the mapping is "import" or "report".')
    if not 1 <= len(mapping.channel.code) <= 40:
        raise ImportRefused("A channel code has 1 to 40 characters.")
