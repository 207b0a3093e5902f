"""What can be done in a shop, each deed a small object; a machine does them in every order that it can think of."""
