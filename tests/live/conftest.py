"""What the tests need that run our client, and the libraries it stands on."""

from pathlib import Path

import pytest

from tests.live.node import FOLDER, NoNode, prepare


@pytest.fixture(scope="session")
def client_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of our client, its packages installed and its sources compiled."""
    try:
        prepare(tmp_path_factory.getbasetemp().parent / "client.lock")
    except NoNode as reason:
        pytest.skip(str(reason))
    return FOLDER
