"""Access: whose credentials are believed no more, though they have not expired."""
