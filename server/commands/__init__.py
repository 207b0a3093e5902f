"""What `waybill` can do: a module for each command, with a function of that name."""
