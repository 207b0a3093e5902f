"""Orders out of files: read, mapped, checked row by row, and landed in batches of whole orders."""
