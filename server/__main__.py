"""`python -m server` is `waybill`."""

from server.cli import main

main()
