"""The bell: says in every process that logs have grown. Hints without data, over one channel of broadcaster."""
