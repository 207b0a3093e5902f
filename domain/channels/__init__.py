"""Sales channels: where orders come from."""
