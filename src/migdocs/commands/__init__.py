"""Use cases: which adapter, then which core function, in what order; no decisions."""
