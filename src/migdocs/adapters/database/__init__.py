"""Run scripts in a PostgreSQL: one session, the ledger, the lock, one step at a time."""
