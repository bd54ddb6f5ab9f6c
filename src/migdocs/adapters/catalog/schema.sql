-- Everything that a rollback must bring back, by names: kind, name, table, details.
-- search_path must be empty, so that every name in a definition stands with its schema; and every
-- name here stands with its own, so that nothing of the database's owner is called.
WITH space AS MATERIALIZED (
    SELECT oid, nspname, nspowner, coalesce(nspacl, pg_catalog.acldefault('n', nspowner)) AS acl,
           CASE nspname WHEN 'public' THEN '' ELSE pg_catalog.quote_ident(nspname) || '.' END AS prefix
    FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), member AS MATERIALIZED (
    -- What an extension brought is the extension's.
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
), relation AS MATERIALIZED (
    SELECT c.*, s.prefix || pg_catalog.quote_ident(c.relname) AS name,
           CASE WHEN c.relkind NOT IN ('i', 'I', 'c') THEN
                coalesce(c.relacl, pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::pg_catalog."char",
                                              c.relowner)) END AS acl,
           CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'type' WHEN 'S' THEN 'sequence'
                WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' ELSE 'table' END AS kind
    FROM pg_catalog.pg_class c JOIN space s ON s.oid = c.relnamespace
    WHERE c.oid NOT IN (SELECT objid FROM member WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass)
), routine AS MATERIALIZED (
    SELECT p.*, coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) AS acl, s.prefix
    FROM pg_catalog.pg_proc p JOIN space s ON s.oid = p.pronamespace
    WHERE p.oid >= 16384  -- where numbers begin that are not the server's own
      AND p.oid NOT IN (SELECT objid FROM member WHERE classid = 'pg_catalog.pg_proc'::pg_catalog.regclass)
), type AS MATERIALIZED (
    SELECT t.*, coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner)) AS acl, s.prefix
    FROM pg_catalog.pg_type t JOIN space s ON s.oid = t.typnamespace
    WHERE t.typtype IN ('d', 'e', 'r')
      AND t.oid NOT IN (SELECT objid FROM member WHERE classid = 'pg_catalog.pg_type'::pg_catalog.regclass)
), field AS MATERIALIZED (
    SELECT a.*, pg_catalog.quote_ident(a.attname) AS name
    FROM relation r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid
    WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped
), fields AS MATERIALIZED (
    SELECT attrelid, pg_catalog.json_agg(name ORDER BY attnum) AS names FROM field GROUP BY attrelid
), grants AS MATERIALIZED (
    -- Most objects are granted alike: each list of rights is written down once.
    SELECT f.acl, (
               SELECT pg_catalog.json_agg(line ORDER BY line)
               FROM (SELECT coalesce(nullif(a.grantee, 0)::pg_catalog.regrole::pg_catalog.text, 'PUBLIC') || ': '
                            || a.privilege_type
                            || CASE WHEN a.is_grantable THEN ', grantable' ELSE '' END AS line
                     FROM pg_catalog.aclexplode(f.acl) a) a) AS lines
    FROM (
        SELECT acl FROM space UNION SELECT acl FROM relation UNION SELECT acl FROM routine
        UNION SELECT acl FROM type UNION SELECT attacl FROM field
    ) f
), said AS MATERIALIZED (
    SELECT classoid, objoid, objsubid, description FROM pg_catalog.pg_description
    WHERE objoid >= 16384 OR classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass  -- public is the server's own
), labels AS MATERIALIZED (
    SELECT enumtypid, pg_catalog.json_agg(enumlabel ORDER BY enumsortorder) AS names
    FROM pg_catalog.pg_enum GROUP BY enumtypid
)
SELECT 'schema' AS kind, pg_catalog.quote_ident(s.nspname) AS name, NULL::pg_catalog.text AS "table",
       pg_catalog.json_build_object('owner', s.nspowner::pg_catalog.regrole::pg_catalog.text,
           'comment', d.description, 'grants', g.lines) AS details
FROM space s
LEFT JOIN grants g ON g.acl = s.acl
LEFT JOIN said d ON d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objoid = s.oid

UNION ALL
SELECT r.kind, r.name, NULL,
       pg_catalog.json_build_object('owner', r.relowner::pg_catalog.regrole::pg_catalog.text,
           'comment', d.description, 'grants', g.lines,
           'persistence', CASE r.relpersistence WHEN 'u' THEN 'unlogged' END,
           'row security', CASE WHEN r.relrowsecurity THEN 'on' END,
           'forced row security', CASE WHEN r.relforcerowsecurity THEN 'on' END,
           'replica identity', nullif(r.relreplident::pg_catalog.text, CASE r.relkind WHEN 'r' THEN 'd'
                                      WHEN 'p' THEN 'd' WHEN 'm' THEN 'd' ELSE 'n' END),
           'options', r.reloptions, 'type', nullif(r.reloftype, 0)::pg_catalog.regtype::pg_catalog.text,
           'tablespace', CASE WHEN r.reltablespace <> 0 THEN (
               SELECT spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = r.reltablespace) END,
           'partition by', CASE r.relkind WHEN 'p' THEN pg_catalog.pg_get_partkeydef(r.oid) END,
           'bound', pg_catalog.pg_get_expr(r.relpartbound, r.oid), 'inherits', p.names,
           'definition', CASE WHEN r.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(r.oid) END,
           'populated', CASE WHEN NOT r.relispopulated THEN 'no' END,
           'columns', f.names)
FROM relation r
LEFT JOIN grants g ON g.acl = r.acl
LEFT JOIN fields f ON f.attrelid = r.oid
LEFT JOIN said d ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid = r.oid AND d.objsubid = 0
LEFT JOIN (SELECT i.inhrelid, pg_catalog.json_agg(p.name ORDER BY i.inhseqno) AS names
           FROM pg_catalog.pg_inherits i JOIN relation p ON p.oid = i.inhparent
           GROUP BY i.inhrelid) p ON p.inhrelid = r.oid
WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
  AND (r.relkind <> 'c' OR EXISTS (SELECT FROM pg_catalog.pg_type t
                                   WHERE t.typrelid = r.oid AND t.typtype = 'c'))

UNION ALL
SELECT 'column', r.name || '.' || a.name, r.name,
       pg_catalog.json_build_object('type', pg_catalog.format_type(a.atttypid, a.atttypmod),
           'nullable', CASE WHEN a.attnotnull THEN 'no' ELSE 'yes' END,
           'default', CASE a.attgenerated WHEN '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
           'generated', CASE WHEN a.attgenerated <> '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
           'virtual', CASE a.attgenerated WHEN 'v' THEN 'yes' END,
           'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
           'collation', CASE WHEN a.attcollation <> t.typcollation
                        THEN a.attcollation::pg_catalog.regcollation::pg_catalog.text END,
           'storage', CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END,
           'statistics', nullif(nullif(a.attstattarget, -1), 0)::pg_catalog.text,
           'options', a.attoptions, 'comment', w.description,
           'grants', g.lines, 'of', r.kind,
           'base', CASE t.typtype WHEN 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END,
           'labels', coalesce(l.names, b.names))
FROM relation r
JOIN field a ON a.attrelid = r.oid
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
LEFT JOIN labels l ON l.enumtypid = t.oid
LEFT JOIN labels b ON b.enumtypid = t.typbasetype
LEFT JOIN grants g ON g.acl = a.attacl
LEFT JOIN said w ON w.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND w.objoid = r.oid
                AND w.objsubid = a.attnum

UNION ALL
SELECT 'constraint', r.name || '.' || pg_catalog.quote_ident(c.conname), r.name,
       pg_catalog.json_build_object('definition', pg_catalog.pg_get_constraintdef(c.oid), 'type', c.contype,
           'columns', (SELECT pg_catalog.json_agg(pg_catalog.quote_ident(a.attname) ORDER BY k.place)
                       FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY k(number, place)
                       JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.number),
           'references', f.name,
           'referenced', CASE WHEN c.contype = 'f' THEN (
               SELECT pg_catalog.json_agg(pg_catalog.quote_ident(a.attname) ORDER BY k.place)
               FROM pg_catalog.unnest(c.confkey) WITH ORDINALITY k(number, place)
               JOIN pg_catalog.pg_attribute a ON a.attrelid = f.oid AND a.attnum = k.number) END,
           'valid', CASE WHEN NOT c.convalidated THEN 'no' END,
           'inherited', CASE WHEN c.coninhcount > 0 THEN 'yes' END,
           'comment', d.description)
FROM pg_catalog.pg_constraint c
JOIN relation r ON r.oid = c.conrelid
LEFT JOIN relation f ON f.oid = c.confrelid
LEFT JOIN said d ON d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objoid = c.oid
WHERE c.contype IN ('c', 'f', 'p', 'u', 'x')

UNION ALL
SELECT 'index', i.name, r.name,
       pg_catalog.json_build_object('definition', pg_catalog.pg_get_indexdef(x.indexrelid),
           'valid', CASE WHEN NOT x.indisvalid THEN 'no' END,
           'unique', CASE WHEN x.indisunique AND x.indpred IS NULL THEN 'yes' END,
           'partial', CASE WHEN x.indpred IS NOT NULL THEN 'yes' END,
           'columns', (SELECT pg_catalog.json_agg(pg_catalog.quote_ident(a.attname) ORDER BY k.place)
                       FROM pg_catalog.unnest(x.indkey) WITH ORDINALITY k(number, place)
                       JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.number
                       WHERE k.place <= x.indnkeyatts),
           'clustered', CASE WHEN x.indisclustered THEN 'yes' END,
           'replica identity', CASE WHEN x.indisreplident THEN 'yes' END,
           'constraint', pg_catalog.quote_ident(c.conname),
           'comment', d.description)
FROM pg_catalog.pg_index x
JOIN relation i ON i.oid = x.indexrelid
JOIN relation r ON r.oid = x.indrelid
LEFT JOIN pg_catalog.pg_constraint c ON c.conindid = x.indexrelid AND c.contype IN ('p', 'u', 'x')
LEFT JOIN said d ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid = i.oid

UNION ALL
SELECT 'sequence', r.name, NULL,
       pg_catalog.json_build_object('last value', pg_catalog.pg_sequence_last_value(r.oid)::pg_catalog.text,
           'type', q.seqtypid::pg_catalog.regtype::pg_catalog.text, 'start', q.seqstart::pg_catalog.text,
           'increment', q.seqincrement::pg_catalog.text, 'minimum', q.seqmin::pg_catalog.text, 'maximum', q.seqmax::pg_catalog.text,
           'cache', q.seqcache::pg_catalog.text, 'cycles', CASE WHEN q.seqcycle THEN 'yes' END,
           'owner', r.relowner::pg_catalog.regrole::pg_catalog.text, 'grants', g.lines,
           'comment', pg_catalog.obj_description(r.oid, 'pg_class'),
           'owned by', (SELECT t.name || '.' || pg_catalog.quote_ident(a.attname)
                        FROM pg_catalog.pg_depend d JOIN relation t ON t.oid = d.refobjid
                        JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
                        WHERE d.objid = r.oid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')))
FROM relation r
JOIN pg_catalog.pg_sequence q ON q.seqrelid = r.oid
LEFT JOIN grants g ON g.acl = r.acl

UNION ALL
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
       p.prefix || pg_catalog.quote_ident(p.proname) || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')',
       NULL,
       pg_catalog.json_build_object('owner', p.proowner::pg_catalog.regrole::pg_catalog.text, 'grants', g.lines,
           'comment', pg_catalog.obj_description(p.oid, 'pg_proc'),
           'definition', CASE p.prokind WHEN 'a' THEN (
               SELECT pg_catalog.format('%s %s %s %s', pg_catalog.pg_get_function_arguments(p.oid),
                             a.aggtransfn::pg_catalog.regprocedure, a.aggfinalfn, a.agginitval)
               FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid = p.oid) ELSE pg_catalog.pg_get_functiondef(p.oid) END)
FROM routine p
LEFT JOIN grants g ON g.acl = p.acl

UNION ALL
SELECT 'trigger', r.name || '.' || pg_catalog.quote_ident(t.tgname), r.name,
       pg_catalog.json_build_object('definition', pg_catalog.pg_get_triggerdef(t.oid),
           'enabled', nullif(t.tgenabled::pg_catalog.text, 'O'),
           'comment', pg_catalog.obj_description(t.oid, 'pg_trigger'))
FROM pg_catalog.pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal

UNION ALL
SELECT 'rule', r.name || '.' || pg_catalog.quote_ident(u.rulename), r.name,
       pg_catalog.json_build_object('definition', pg_catalog.pg_get_ruledef(u.oid),
           'enabled', nullif(u.ev_enabled::pg_catalog.text, 'O'),
           'comment', pg_catalog.obj_description(u.oid, 'pg_rewrite'))
FROM pg_catalog.pg_rewrite u JOIN relation r ON r.oid = u.ev_class WHERE u.rulename <> '_RETURN'

UNION ALL
SELECT 'policy', r.name || '.' || pg_catalog.quote_ident(p.polname), r.name,
       pg_catalog.json_build_object('command', p.polcmd,
           'permissive', CASE WHEN p.polpermissive THEN 'yes' ELSE 'no' END,
           'roles', (SELECT pg_catalog.json_agg(CASE o WHEN 0 THEN 'PUBLIC' ELSE o::pg_catalog.regrole::pg_catalog.text END
                                      ORDER BY o) FROM pg_catalog.unnest(p.polroles) o),
           'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
           'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
           'comment', pg_catalog.obj_description(p.oid, 'pg_policy'))
FROM pg_catalog.pg_policy p JOIN relation r ON r.oid = p.polrelid

UNION ALL
SELECT CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, t.prefix || pg_catalog.quote_ident(t.typname),
       NULL,
       pg_catalog.json_build_object('labels', l.names,
           'base', CASE t.typtype WHEN 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END,
           'nullable', CASE WHEN t.typtype = 'd' THEN
                       CASE WHEN t.typnotnull THEN 'no' ELSE 'yes' END END,
           'default', t.typdefault,
           'subtype', (SELECT rngsubtype::pg_catalog.regtype::pg_catalog.text FROM pg_catalog.pg_range WHERE rngtypid = t.oid),
           'constraints', (SELECT pg_catalog.json_agg(pg_catalog.quote_ident(c.conname) || ' '
                                            || pg_catalog.pg_get_constraintdef(c.oid) ORDER BY c.conname)
                           FROM pg_catalog.pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c'),
           'owner', t.typowner::pg_catalog.regrole::pg_catalog.text, 'grants', g.lines,
           'comment', pg_catalog.obj_description(t.oid, 'pg_type'))
FROM type t
LEFT JOIN grants g ON g.acl = t.acl
LEFT JOIN labels l ON l.enumtypid = t.oid

UNION ALL
SELECT 'extension', pg_catalog.quote_ident(e.extname), NULL,
       pg_catalog.json_build_object('version', e.extversion, 'schema', e.extnamespace::pg_catalog.regnamespace::pg_catalog.text,
           'comment', pg_catalog.obj_description(e.oid, 'pg_extension'))
FROM pg_catalog.pg_extension e WHERE e.extname <> 'plpgsql'

UNION ALL
SELECT 'statistics', s.prefix || pg_catalog.quote_ident(x.stxname), r.name,
       pg_catalog.json_build_object('definition', pg_catalog.pg_get_statisticsobjdef(x.oid),
           'comment', pg_catalog.obj_description(x.oid, 'pg_statistic_ext'))
FROM pg_catalog.pg_statistic_ext x
JOIN space s ON s.oid = x.stxnamespace
JOIN relation r ON r.oid = x.stxrelid

UNION ALL
SELECT 'event trigger', pg_catalog.quote_ident(e.evtname), NULL,
       pg_catalog.json_build_object('event', e.evtevent, 'function', e.evtfoid::pg_catalog.regprocedure::pg_catalog.text,
           'enabled', nullif(e.evtenabled::pg_catalog.text, 'O'), 'tags', e.evttags)
FROM pg_catalog.pg_event_trigger e

UNION ALL
SELECT 'publication', pg_catalog.quote_ident(p.pubname), NULL,
       pg_catalog.json_build_object('all tables', CASE WHEN p.puballtables THEN 'yes' END,
           'operations', pg_catalog.format('%s%s%s%s', p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate),
           'tables', (SELECT pg_catalog.json_agg(r.name ORDER BY r.name) FROM pg_catalog.pg_publication_rel x
                      JOIN relation r ON r.oid = x.prrelid WHERE x.prpubid = p.oid))
FROM pg_catalog.pg_publication p

UNION ALL
SELECT 'server', pg_catalog.quote_ident(f.srvname), NULL,
       pg_catalog.json_build_object('wrapper', w.fdwname, 'options', f.srvoptions,
           'owner', f.srvowner::pg_catalog.regrole::pg_catalog.text)
FROM pg_catalog.pg_foreign_server f JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = f.srvfdw

UNION ALL
SELECT 'default privileges', pg_catalog.format('%s %s %s', d.defaclrole::pg_catalog.regrole,
                                    coalesce(nullif(d.defaclnamespace, 0)::pg_catalog.regnamespace::pg_catalog.text, ''),
                                    d.defaclobjtype), NULL,
       pg_catalog.json_build_object('grants', pg_catalog.to_jsonb(d.defaclacl::pg_catalog.text[]))
FROM pg_catalog.pg_default_acl d
