"""What the house asks of its own source: each rule is shown to fail on a small bad sample."""
