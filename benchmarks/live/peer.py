"""How the peers in Python are served: by uvicorn as fast as it can be, which is how Waybill uses it too."""

from typing import Any

import uvicorn


def serve(application: Any, port: int) -> None:
    """Serve until told to stop."""
    uvicorn.run(
        application,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        timeout_keep_alive=3_600,  # the publisher keeps its connection
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
    )
