"""Orders by the hundred thousand, written by SQL: as consistent as if they had been placed one by one."""
