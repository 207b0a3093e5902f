"""What mutations are given: one input per verb, each of which says what the domain is asked."""
