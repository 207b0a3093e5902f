"""The server with the tiny schema, as a process: `python -m tests.live.tiny_server`, settings in the environment."""

from typing import Any

from starlette.applications import Starlette

from server.app import create_app
from server.logs import configure_logs
from server.serving import serve
from server.settings import read_settings
from tests.api.tiny_schema import tiny_schema


def app() -> Starlette:
    settings = read_settings()
    configure_logs(settings.log_format)
    made = create_app(settings, tiny_schema(), reactions={})
    hub: Any = made.state.house.hub
    hub.draining = made.state.house.draining  # for the mutation that waits for the end
    return made


if __name__ == "__main__":
    serve(read_settings(), factory="tests.live.tiny_server:app")
