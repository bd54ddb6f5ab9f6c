CREATE TABLE public.migdocs_ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    migration text NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL,
    at timestamp with time zone NOT NULL,
    duration_ms bigint,
    by text NOT NULL,
    script_hash text NOT NULL,
    error text NOT NULL,
    reason text NOT NULL,
    host text NOT NULL,
    role text NOT NULL,
    rollback_hash text NOT NULL,
    sqlstate text NOT NULL,
    line integer NOT NULL,
    tool text NOT NULL,
    server text NOT NULL,
    commit text NOT NULL,
    CONSTRAINT migdocs_ledger_action_check CHECK ((action = ANY (ARRAY['apply'::text, 'rollback'::text, 'baseline'::text, 'repair'::text]))),
    CONSTRAINT migdocs_ledger_outcome_check CHECK ((outcome = ANY (ARRAY['started'::text, 'succeeded'::text, 'failed'::text])))
);
COPY public.migdocs_ledger (id, migration, action, outcome, at, duration_ms, by, script_hash, error, reason, host, role, rollback_hash, sqlstate, line, tool, server, commit) FROM stdin;
1	initial_schema	apply	succeeded	2026-11-28 06:01:15.538662+00	22	root	sha256:f76e37fd8a134e5345d2244dfb0b0b978f2d9833bdbb1343de06457b3d233135			vm	postgres	sha256:350feb0efcd931a53e594eaeea02f26467860c1d530a661d7c3e0f12cf5b6cf4		0	migdocs 0.1.0	15.18	8a854f8d2a4bb360b22ed37f7759c9a45f088169
2	20240103_add_activity_log_smart_fields	apply	succeeded	2026-11-28 06:01:15.563289+00	8	root	sha256:4e4aca3b80d24598815210a7eac8d1c73c7413d03d0f57ec4daa589fd5220ce0			vm	postgres	sha256:9812eef39b0ae8b682dc5696090816513dbbf1f323d21baf0f3d4c57eecb39b5		0	migdocs 0.1.0	15.18	8a854f8d2a4bb360b22ed37f7759c9a45f088169
3	20240103_add_activity_log_smart_fields	rollback	succeeded	2026-11-28 06:01:15.593105+00	4	root	sha256:9812eef39b0ae8b682dc5696090816513dbbf1f323d21baf0f3d4c57eecb39b5		the demo shows the way	vm	postgres	sha256:9812eef39b0ae8b682dc5696090816513dbbf1f323d21baf0f3d4c57eecb39b5		0	migdocs 0.1.0	15.18	8a854f8d2a4bb360b22ed37f7759c9a45f088169
4	20240103_add_activity_log_smart_fields	apply	succeeded	2026-11-28 06:01:15.613468+00	6	root	sha256:4e4aca3b80d24598815210a7eac8d1c73c7413d03d0f57ec4daa589fd5220ce0			vm	postgres	sha256:9812eef39b0ae8b682dc5696090816513dbbf1f323d21baf0f3d4c57eecb39b5		0	migdocs 0.1.0	15.18	8a854f8d2a4bb360b22ed37f7759c9a45f088169
\.
SELECT pg_catalog.setval('public.migdocs_ledger_id_seq', 4, true);
