"""Runs the server: uvicorn with our protocol for sockets, and with limits on what it waits for."""

import asyncio
import errno
import os
import socket
from typing import Any

import uvicorn

from domain.kernel.database import Dialect
from server.connections import misfit
from server.http import HttpProtocol
from server.settings import Settings
from server.socket_protocol import SocketProtocol
from server.workers import Supervisor

FACTORY = "server.app:app_from_environment"
FAILED = "the server could not start: the log above says why"


class ServingError(Exception):
    """The server cannot start; the sentence says why."""


def serve(settings: Settings, *, factory: str = FACTORY) -> None:
    """Serve until told to stop. Raises ServingError when the address cannot be listened at, or starting fails."""
    check_address(settings.host, settings.port)
    check_connections(settings)
    os.environ |= settings.as_environment()  # each process reads its settings there
    try:
        if settings.workers == 1:
            uvicorn.run(factory, factory=True, **options(settings))
        else:
            supervise(uvicorn.Config(factory, factory=True, workers=settings.workers, **options(settings)))
    except SystemExit as stop:
        if stop.code:
            raise ServingError(FAILED) from None
        raise


def supervise(config: uvicorn.Config) -> None:
    """Serve in several processes until told to stop. Raises ServingError when the first cannot start."""
    supervisor = Supervisor(config)
    supervisor.run()
    if supervisor.has_failed:
        raise ServingError(FAILED)


def check_connections(settings: Settings) -> None:
    """Raises ServingError when the database cannot give the workers their connections; its own when it is not there."""
    if settings.dialect is not Dialect.POSTGRES:
        return
    wanted = settings.shares.all * settings.workers
    if reason := asyncio.run(misfit(settings.database_url, wanted)):
        raise ServingError(reason)


def options(settings: Settings) -> dict[str, Any]:
    """What uvicorn is told, however it is started."""
    return {
        "host": settings.host,
        "port": settings.port,
        "loop": "uvloop",
        "http": HttpProtocol,
        "ws": SocketProtocol,
        "ws_per_message_deflate": False,
        "ws_max_size": settings.socket_message_bytes,
        "ws_ping_interval": settings.socket_ping_seconds,
        "ws_ping_timeout": settings.socket_ping_seconds,
        "timeout_graceful_shutdown": settings.shutdown_seconds,
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
    }


def check_address(host: str, port: int) -> None:
    """Raises ServingError when nobody could listen there, before anything is opened."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise ServingError(f"{host} is no address of this machine") from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ServingError(f"port {port} is in use: stop what uses it, or take another --port") from None
            raise ServingError(f"cannot listen at {host}:{port}: {error.strerror}") from None
