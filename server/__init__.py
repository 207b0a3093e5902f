"""The plug: settings, the ASGI application, identities, limits, logs, migrations, jobs and the command line."""
