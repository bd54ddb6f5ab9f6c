-- Migration: initial_schema (rollback)
-- Date: 2023-11-20
-- Description: Removes every table of the first release, and every row in them.

BEGIN;

-- Tables that refer to users go before it, so that nothing needs CASCADE.
DROP TABLE IF EXISTS activity_logs;
DROP TABLE IF EXISTS two_factor_recovery_codes;
DROP TABLE IF EXISTS two_factor_methods;
DROP TABLE IF EXISTS users;

COMMIT;
