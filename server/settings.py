"""Settings: everything that differs between installations, read from the environment (`WAYBILL_…`)."""

import os
import secrets
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from strawberry.http.websocket_origin import normalize_allowed_origins

from adapters.bell.by_url import MEMORY, is_bell_url, is_postgres, is_shared
from adapters.bell.by_url import SCHEMES as BELLS
from domain.kernel.database import Dialect
from server.connections import BELL, CONNECTIONS_OF_A_WORKER, MOST_CONNECTIONS, Shares, shares
from server.database import DatabaseUrlError, dialect_of, sqlite_path

PREFIX = "WAYBILL_"
SHORTEST_SECRET = 32


class LogFormat(StrEnum):
    """How log lines are written."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


class SettingsError(ValueError):
    """The settings contradict one another, or cannot be understood; the sentence says what to change."""


def _setting(default: Any, description: str, **limits: Any) -> Any:
    return Field(default, description=description, **limits)


class Settings(BaseSettings):
    """The settings of one installation. Each is the environment variable `WAYBILL_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    # -- where ----------------------------------------------------------------------------------------------------
    database_url: str = _setting(
        "sqlite://waybill.sqlite3",
        "The database: `sqlite://relative/path`, `sqlite:///absolute/path` or `postgresql://user@host/name`.",
    )
    database_connections: int | None = _setting(
        None,
        "The most connections that one `waybill serve` has to PostgreSQL, all its workers together. By default"
        f" {CONNECTIONS_OF_A_WORKER} a worker, {MOST_CONNECTIONS} at most.",
        gt=0,
    )
    bell_url: str | None = _setting(
        None,
        "How processes tell one another that there is something new: `redis://host`, `postgresql://user@host/name`, or"
        " `memory://`, which reaches this process alone. By default the database's own: PostgreSQL's, or memory with"
        " SQLite.",
    )
    host: str = _setting("127.0.0.1", "The address to listen at.")
    port: int = _setting(8000, "The port to listen at; 0 takes a free one.", ge=0, le=65535)
    workers: int = _setting(1, "How many processes serve. More than one needs PostgreSQL and a shared bell.", ge=1)
    # -- who ------------------------------------------------------------------------------------------------------
    secret: SecretStr | None = _setting(
        None,
        f"Signs tokens; at least {SHORTEST_SECRET} bytes. Needed with PostgreSQL; with SQLite, one is made and kept in"
        " a file beside the database, readable by its owner only.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = _setting(
        (),
        "Origins of web pages that may call the API, by HTTP and by WebSocket, separated by commas; `*` allows every"
        " one. Pages of the server itself always may.",
    )
    metrics_token: SecretStr | None = _setting(
        None,
        f"What a scraper sends as `Authorization: Bearer …` to `/metrics`; at least {SHORTEST_SECRET} bytes. Without it"
        " there is no `/metrics`.",
    )
    # -- how ------------------------------------------------------------------------------------------------------
    log_format: LogFormat = _setting(
        LogFormat.AUTO, "`json`, `console`, or `auto`: console when the log is a terminal, else JSON."
    )
    run_jobs: bool = _setting(True, "Whether the server itself runs jobs; if not, run `waybill worker` beside it.")
    migrate_on_start: bool | None = _setting(
        None, "Whether `waybill serve` applies missing migrations first. By default it does on SQLite only."
    )
    job_poll_seconds: float = _setting(1.0, "How often an idle worker looks for due jobs.", gt=0, le=60)
    # -- limits: HTTP and documents -------------------------------------------------------------------------------
    max_body_bytes: int = _setting(100_000, "The longest request body.", gt=0)
    max_tokens: int = _setting(4_000, "The most tokens in a GraphQL document.", gt=0)
    max_depth: int = _setting(12, "The deepest nesting of fields; introspection has a limit of its own.", gt=0)
    max_aliases: int = _setting(30, "The most aliases in a document.", ge=0)
    max_directives: int = _setting(50, "The most directives in a document.", ge=0)
    max_nodes: int = _setting(20_000, "The most nodes an operation may ask for: `first` times nested `first`.", gt=0)
    deadline_seconds: float = _setting(5.0, "How long a query or a mutation may take.", gt=0)
    compiled_reads: bool = _setting(True, "Whether queries are answered in one SQL statement each, where they can be.")
    # -- limits: load ---------------------------------------------------------------------------------------------
    max_in_flight: int = _setting(
        64, "How many requests for operations one process works on at once; others wait for their turn.", gt=0
    )
    queue_seconds: float = _setting(
        0.5,
        "How long a request may wait for its turn before it is refused with 503 and `Retry-After`. As long as the line"
        " does not get empty, a fifth of it.",
        gt=0,
    )
    # -- limits: sockets ------------------------------------------------------------------------------------------
    socket_init_seconds: float = _setting(10.0, "How long a socket may wait before it says `connection_init`.", gt=0)
    socket_message_bytes: int = _setting(65_536, "The longest message from a socket's client.", gt=0)
    socket_operations: int = _setting(50, "The most operations at once on one socket.", gt=0)
    socket_ping_seconds: float = _setting(20.0, "How often a silent socket is asked whether it is still there.", gt=0)
    max_listeners: int = _setting(
        20_000,
        "The most sockets and streams of server-sent events at once in one process; more are refused with 503 and"
        " `Retry-After`. Each needs an open file: where the system allows fewer, three quarters of those.",
        gt=0,
    )
    actor_sockets: int = _setting(
        50, "The most sockets at once of one member of staff or customer in one process.", gt=0
    )
    # -- limits: streams ------------------------------------------------------------------------------------------
    stream_idle_seconds: float = _setting(1_800.0, "After how long without an event a subscription ends.", gt=0)
    stream_lifetime_seconds: float = _setting(21_600.0, "After how long a subscription ends in any case.", gt=0)
    stream_poll_seconds: float = _setting(
        1.0, "How often a process looks for events of streams that no bell has told of.", gt=0, le=3600
    )
    actor_streams: int = _setting(
        100,
        "The most streams at once of one member of staff or customer in one process, over sockets and server-sent"
        " events together.",
        gt=0,
    )
    link_streams: int = _setting(
        20, "The same of one tracking link, whoever shares it; also the most sockets of its bearers.", gt=0
    )
    # -- stopping -------------------------------------------------------------------------------------------------
    drain_seconds: float = _setting(
        0.0,
        "How long the server says `not ready`, and still serves, before it stops. Behind a load balancer: a little"
        " more than it needs to notice.",
        ge=0,
    )
    farewell_seconds: float = _setting(
        5.0,
        "Over how many seconds after that streams and sockets end, each at a moment of its own, so that their clients"
        " do not all come back at once.",
        ge=0,
        le=600,
    )
    shutdown_seconds: int = _setting(
        10, "How long running requests may take to finish when the server stops, once streams have ended.", gt=0
    )

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(normalize_allowed_origins(value)))

    @field_validator("secret", "metrics_token")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < SHORTEST_SECRET:
            raise ValueError(f"is too short: at least {SHORTEST_SECRET} bytes, for example of `openssl rand -hex 32`")
        return value

    @model_validator(mode="after")
    def _fit_together(self) -> "Settings":
        try:
            dialect = dialect_of(self.database_url)
        except DatabaseUrlError as error:
            raise ValueError(f"database_url: {error}") from None
        if not is_bell_url(self.bell):
            raise ValueError(f"bell_url: there is a bell for {', '.join(f'{each}://' for each in BELLS)}")
        if self.workers > 1 and dialect is Dialect.SQLITE:
            raise ValueError("workers: a SQLite file is served by one process; several workers need PostgreSQL")
        if self.workers > 1 and not is_shared(self.bell):
            raise ValueError(f"workers: {MEMORY} reaches one process; several workers need a shared bell_url")
        if dialect is Dialect.POSTGRES:
            _ = self.shares
        if dialect is Dialect.POSTGRES and self.secret is None:
            raise ValueError("secret: with PostgreSQL, set WAYBILL_SECRET to the same text for every process")
        return self

    @property
    def dialect(self) -> Dialect:
        """Which database it is."""
        return dialect_of(self.database_url)

    @property
    def bell(self) -> str:
        """The address of the bell."""
        if self.bell_url is not None:
            return self.bell_url
        return self.database_url if self.dialect is Dialect.POSTGRES else MEMORY

    @property
    def shares(self) -> Shares:
        """How many connections to PostgreSQL each worker has, and for what. Raises ValueError when they are too few."""
        return shares(self.database_connections, self.workers, bell=BELL if is_postgres(self.bell) else 0)

    @property
    def read_pool_size(self) -> int:
        """The most sessions of one process that compiled reads run in."""
        return self.shares.read

    @property
    def migrates(self) -> bool:
        """Whether the server applies missing migrations when it starts."""
        return self.dialect is Dialect.SQLITE if self.migrate_on_start is None else self.migrate_on_start

    def signing_key(self) -> str:
        """The secret, or that of the file beside the SQLite database, which is made when it is first asked for."""
        if self.secret is not None:
            return self.secret.get_secret_value()
        path = sqlite_path(self.database_url)
        return _kept_secret(path.with_name(path.name + ".secret"))

    def metrics_key(self) -> str | None:
        """What a scraper must send; None where nobody may ask for numbers."""
        return self.metrics_token.get_secret_value() if self.metrics_token else None

    def as_environment(self) -> dict[str, str]:
        """The variables that give another process the same settings."""
        return {f"{PREFIX}{name.upper()}": _written(getattr(self, name)) for name in sorted(self.model_fields_set)}


def read_settings(**overrides: Any) -> Settings:
    """The settings of the environment, but for those overridden (None is not). Raises SettingsError in a sentence."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(each) for each in error.errors())) from None


def settings_table() -> str:
    """Every setting, its default and what it is for, as a table in Markdown: `docs/settings.md`."""
    lines = ["| Variable | Default | What it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = _written(field.default)
        lines.append(f"| `{PREFIX}{name.upper()}` | {f'`{default}`' if default else ''} | {field.description} |")
    title = "# Settings\n\nWaybill reads its settings from environment variables. Options of the command line win.\n\n"
    return title + "\n".join(lines) + "\n"


def _sentence(error: Any) -> str:
    message = error["msg"].removeprefix("Value error, ")
    name = str(error["loc"][0]) if error["loc"] else ""
    if not name:  # of two settings that do not fit together: its own sentence begins with the one to change
        name, _, message = message.partition(": ")
    return f"{PREFIX}{name.upper()}: {message}"


def _written(value: Any) -> str:
    match value:
        case None:
            return ""
        case SecretStr():
            return value.get_secret_value()
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(value)
        case _:
            return str(value)


def _kept_secret(path: Path) -> str:
    """What the file holds. Made whole and then named, so that of two processes both have that of the first."""
    if not path.exists():
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(name, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(name)
    secret = path.read_text().strip()
    if len(secret) < SHORTEST_SECRET:
        raise SettingsError(f"{path} holds no secret of at least {SHORTEST_SECRET} bytes: delete it, or set one")
    return secret
