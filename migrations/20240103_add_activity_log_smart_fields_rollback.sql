-- Migration: 20240103_add_activity_log_smart_fields (rollback)
-- Date: 2024-01-03
-- Description: Takes the smart fields away again; their values are lost, no entry is.

BEGIN;

SET LOCAL lock_timeout = '5s';

DROP INDEX IF EXISTS activity_logs_anomaly_idx;
DROP INDEX IF EXISTS activity_logs_expires_at_idx;
DROP INDEX IF EXISTS activity_logs_severity_idx;

-- What the forward script filled in, it can fill in again. A severity or a mark that
-- v1.1.0 or a person set by hand since then is gone: keep a backup if you need it.
ALTER TABLE activity_logs
    DROP CONSTRAINT IF EXISTS activity_logs_severity_check,
    DROP COLUMN IF EXISTS is_anomaly,
    DROP COLUMN IF EXISTS expires_at,
    DROP COLUMN IF EXISTS severity;

COMMIT;
