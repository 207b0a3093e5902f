"""The one, linear history of the database; every module here whose name has no leading underscore is a migration."""
