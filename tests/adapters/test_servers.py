"""The servers of the tests themselves: they start from the wheels, as root and as anybody, and are gone afterwards."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from tests.servers import running_postgres, running_redis


@pytest.fixture
def wheels_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No address in the environment, the wheels' servers, and their own folder, in which nothing may be left."""
    for name in ("POSTGRES", "REDIS"):
        monkeypatch.delenv(f"WAYBILL_TEST_{name}_URL", raising=False)
        monkeypatch.setenv(f"WAYBILL_TEST_{name}", "wheel")
    rooms = Path(tempfile.mkdtemp(prefix="waybill-rooms-"))
    rooms.chmod(0o777)
    monkeypatch.setattr(tempfile, "tempdir", str(rooms))
    yield rooms
    rooms.rmdir()


@pytest.mark.usefixtures("wheels_only")
async def test_postgres_starts_from_its_wheel_and_leaves_nothing_behind() -> None:
    with running_postgres() as url:
        connection = await asyncpg.connect(url)
        assert connection.get_server_version().major == 18
        assert await connection.fetchval("SHOW max_connections") == "200"
        await connection.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncpg.connect(url)


@pytest.mark.usefixtures("wheels_only")
async def test_redis_starts_from_its_wheel_and_leaves_nothing_behind() -> None:
    with running_redis() as url:
        client = Redis.from_url(url)
        assert await client.ping()
        await client.aclose()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))


# Everything is imported before the change of user, who may not be able to read the interpreter's own folder.
AS_NOBODY = """
import asyncio, encodings.idna, os, pwd, tempfile
import asyncpg
from tests.servers import running_postgres, running_redis

async def version(url):
    connection = await asyncpg.connect(url)
    print(connection.get_server_version().major)
    await connection.close()

asyncio.run(asyncio.sleep(0))
os.setgroups([])
os.setgid(pwd.getpwnam("nobody").pw_gid)
os.setuid(pwd.getpwnam("nobody").pw_uid)
with running_postgres() as url, running_redis():
    asyncio.run(version(url))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_the_servers_start_for_a_user_who_is_not_root(wheels_only: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(wheels_only), "HOME": str(wheels_only)}
    command = [sys.executable, "-c", AS_NOBODY]
    output = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (output.stdout, output.stderr) == ("18\n", "")
