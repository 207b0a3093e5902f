"""The outside world: each part behind a Protocol that the domain owns, with a fake that passes the same contract."""
