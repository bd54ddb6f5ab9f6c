-- Migration: 20240103_add_activity_log_smart_fields
-- Date: 2024-01-03
-- Description: Gives each log entry a severity, a date to forget it, and a mark for the unusual.

BEGIN;

-- Rather give up than let every reader of the log queue behind this script.
SET LOCAL lock_timeout = '5s';

-- Constant defaults: no row is rewritten, and v1.0.0 goes on inserting without these columns.
ALTER TABLE activity_logs
    ADD COLUMN severity   text NOT NULL DEFAULT 'INFORMATIONAL',
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN is_anomaly boolean NOT NULL DEFAULT false;

-- Judge the entries that are already there as v1.1.0 judges new ones; each row is written once.
UPDATE activity_logs
SET severity = 'CRITICAL', expires_at = created_at + interval '365 days'
WHERE event_type IN (
    'account.deleted', 'email.changed', 'password.changed',
    'recovery_code.used', 'two_factor.disabled', 'two_factor.enabled'
);

UPDATE activity_logs
SET severity = 'IMPORTANT', expires_at = created_at + interval '180 days'
WHERE event_type IN ('login.failed', 'login.succeeded', 'logout');

UPDATE activity_logs
SET expires_at = created_at + interval '90 days'
WHERE severity = 'INFORMATIONAL';

ALTER TABLE activity_logs
    ADD CONSTRAINT activity_logs_severity_check
    CHECK (severity IN ('CRITICAL', 'IMPORTANT', 'INFORMATIONAL'));

-- After the back-fill: an index is quicker to build once than to keep up row by row.
CREATE INDEX activity_logs_severity_idx ON activity_logs (severity, created_at DESC);
CREATE INDEX activity_logs_expires_at_idx ON activity_logs (expires_at)
    WHERE expires_at IS NOT NULL;
CREATE INDEX activity_logs_anomaly_idx ON activity_logs (created_at DESC)
    WHERE is_anomaly;

COMMIT;
