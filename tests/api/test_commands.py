"""The command line: what each command gives, and a line for what its caller can mend."""

import asyncio
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.access.models import RevokedAccessRow
from domain.kernel.actor import Role, customer, staff
from domain.kernel.ids import global_id, new_id
from server.auth import Authenticator
from server.cli import main
from server.database import open_database
from tests.api.client import SECRET

SAMPLES = Path(__file__).parent.parent.parent / "examples/imports"
MIGRATIONS = Path(__file__).parent.parent.parent / "server/migrations"


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installation of its own: its SQLite URL."""
    url = f"sqlite://{tmp_path / 'waybill.sqlite3'}"
    monkeypatch.setenv("WAYBILL_DATABASE_URL", url)
    monkeypatch.setenv("WAYBILL_SECRET", SECRET)
    return url


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    return int(stop.value.code or 0)


async def test_a_token_is_of_staff_with_roles_or_of_a_customer(capsys: pytest.CaptureFixture[str]) -> None:
    authenticator, ann = Authenticator(SECRET), new_id()
    assert await asyncio.to_thread(run, "token", "--role", "SUPPORT", "--role", "WAREHOUSE", "--name", "bob") == 0
    identity = await authenticator.identify(f"Bearer {capsys.readouterr().out.strip()}")
    assert identity.actor == staff("bob", Role.SUPPORT, Role.WAREHOUSE)
    assert await asyncio.to_thread(run, "token", "--customer", global_id("customer", ann), "--expires", "2h") == 0
    identity = await authenticator.identify(f"Bearer {capsys.readouterr().out.strip()}")
    assert identity.actor == customer(ann)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "say for whom: --role SUPPORT, or --customer ID"),
        (["--role", "CUSTOMER"], "CUSTOMER is no role of staff"),
        (["--customer", "order_1"], "is no customer id"),
        (["--role", "ADMIN", "--expires", "soon"], '"soon" is not a duration such as 30m, 12h or 30d'),
        (["--role", "ADMIN", "--name", "a b"], "a name has letters, digits"),
    ],
)
def test_a_token_for_nobody_is_refused(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("token", *arguments) != 0
    output = capsys.readouterr()
    assert sentence in " ".join(output.err.replace("│", " ").split())
    assert output.out == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "say whose: --name NAME, or --customer ID"),
        (["--name", "ann", "--customer", "customer_1"], "say whose: --name NAME, or --customer ID"),
        (["--name", "a b"], "a name has letters, digits"),
        (["--customer", "order_1"], "is no customer id"),
    ],
)
def test_tokens_of_nobody_are_not_revoked(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run("token", "revoke", *arguments) != 0
    output = capsys.readouterr()
    assert sentence in " ".join(output.err.replace("│", " ").split())
    assert (output.out, [*tmp_path.iterdir()]) == ("", [])


async def test_the_tokens_that_somebody_was_given_are_taken_back_and_later_ones_are_not(
    sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYBILL_DATABASE_URL", sqlite_database_url)
    ann = new_id()
    for arguments, principal in (
        (("--name", "bob"), "staff:bob"),
        (("--customer", global_id("customer", ann)), f"customer:{ann.hex}"),
    ):
        sentence = f"No token of {principal} that was made until now is believed any more.\n"
        assert await asyncio.to_thread(waybill, "token", "revoke", *arguments) == (0, sentence, "")
        async with open_database(sqlite_database_url):
            [row] = await RevokedAccessRow.filter(principal=principal)
        assert row.not_before <= datetime.now(UTC)


def waybill(*arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a process of its own: these commands change logging, or run loops."""
    command = [sys.executable, "-m", "server", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_migrations_are_applied_once_and_missing_ones_are_told() -> None:
    names = sorted(path.stem for path in MIGRATIONS.glob("0*.py"))
    assert waybill("migrate", "--check") == (1, "".join(f"{name}\n" for name in names), "")
    assert waybill("migrate")[:2] == (0, "".join(f"applied {name}\n" for name in names))
    assert waybill("migrate") == (0, "The database is up to date.\n", "")
    assert waybill("migrate", "--check") == (0, "The database is up to date.\n", "")


@pytest.mark.parametrize("arguments", [("token", "revoke", "--name", "ann"), ("worker",)])
def test_a_database_that_lacks_migrations_is_told_in_a_line_and_left_as_it_is(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    assert waybill(*arguments) == (1, "", "error: migrations are missing: run `waybill migrate`\n")
    assert [*tmp_path.iterdir()] == []


def test_a_file_that_is_no_database_is_told_in_a_line_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "waybill.sqlite3"
    file.write_text("milk, eggs and bread " * 100)
    code, output, error = waybill("token", "revoke", "--name", "ann")
    assert (code, output, error) == (1, "", f"error: {file} is no database of ours: file is not a database\n")
    assert file.read_text() == "milk, eggs and bread " * 100


async def test_an_import_into_a_database_that_lacks_migrations_is_told_in_a_line(empty_postgres_url: str) -> None:
    arguments = ("orders", f"{SAMPLES}/sample-orders.csv", "--mapping", f"{SAMPLES}/sample-orders.toml")
    done = await asyncio.to_thread(waybill, "import", *arguments, "--database", empty_postgres_url)
    assert done == (2, "", "error: migrations are missing: run `waybill migrate`\n")


def test_a_port_in_use_is_told_in_a_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sentence = f"error: port {port} is in use: stop what uses it, or take another --port\n"
        assert waybill("serve", "--port", str(port)) == (1, "", sentence)


def test_a_bad_database_url_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("migrate", "--database", "mysql://root:hunter2@localhost/x") == 1
    error = capsys.readouterr().err
    assert error.startswith("error: WAYBILL_DATABASE_URL: a database URL is sqlite:///absolute/path")
    assert "hunter2" not in error
    assert error.count("\n") == 1


def test_the_schema_is_exported_and_checked(tmp_path: Path) -> None:
    file = str(tmp_path / "schema.graphql")
    told = f"{file} is not the schema of this version: run `waybill export-schema`\n"
    assert waybill("export-schema", "--check", file) == (1, "", told)
    assert waybill("export-schema", file) == (0, f"wrote {file}\n", "")
    assert waybill("export-schema", "--check", file) == (0, "", "")
