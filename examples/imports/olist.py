"""Joins the files of the Olist data set to one JSON line an order: `python -m examples.imports.olist FOLDER`."""

import csv
import gzip
import sys
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import orjson

Row = dict[str, str]


def rows(folder: Path, name: str) -> Iterator[Row]:
    """The rows of `olist_<name>_dataset.csv`, packed or not."""
    path = folder / f"olist_{name}_dataset.csv"
    if path.exists():
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
        return
    with gzip.open(f"{path}.gz", "rt", encoding="utf-8-sig", newline="") as packed:
        yield from csv.DictReader(packed)


def gathered(folder: Path, name: str) -> dict[str, list[Row]]:
    """The rows by their order."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows(folder, name):
        found[row["order_id"]].append(row)
    return found


def orders(folder: Path) -> Iterator[dict[str, object]]:
    """Orders with their customer, items (one unit each) and payments; freight is the sum of the items' freight."""
    customers = {row["customer_id"]: row for row in rows(folder, "customers")}
    categories = {row["product_id"]: row["product_category_name"] for row in rows(folder, "products")}
    items, payments = gathered(folder, "order_items"), gathered(folder, "order_payments")
    for row in rows(folder, "orders"):
        bought = sorted(items[row["order_id"]], key=lambda item: int(item["order_item_id"]))
        yield {
            **row,
            **customers[row["customer_id"]],
            "freight": str(sum((Decimal(item["freight_value"]) for item in bought), Decimal(0))),
            "items": [
                {**item, "quantity": 1, "product_category_name": categories.get(item["product_id"], "")}
                for item in bought
            ],
            "payments": sorted(payments[row["order_id"]], key=lambda payment: int(payment["payment_sequential"])),
        }


if __name__ == "__main__":
    for order in orders(Path(sys.argv[1])):
        sys.stdout.buffer.write(orjson.dumps(order) + b"\n")
