"""What every concept stands on: lifecycles, money, errors, actors, units of work, the log, keys and jobs."""
