"""Say who reads which kind of statement: the one table that the rest of the package hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.changes import (
    access,
    alterations,
    data,
    indexes,
    objects,
    routines,
    server,
    tables,
    types,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from migdocs.core.changes.place import Place
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node

    Reader = Callable[[Node, Place], Iterable[Change]]

READERS: dict[str, Reader] = {
    # tables and what they are made of
    "create_stmt": tables.create_table,
    "create_foreign_table_stmt": tables.create_foreign_table,
    "create_table_as_stmt": tables.create_table_as,
    "view_stmt": tables.create_view,
    "alter_table_stmt": alterations.alter_table,
    "index_stmt": indexes.create_index,
    # any object
    "drop_stmt": objects.drop,
    "rename_stmt": objects.rename,
    "alter_object_schema_stmt": objects.set_schema,
    "alter_owner_stmt": objects.set_owner,
    "comment_stmt": objects.comment,
    # types
    "create_enum_stmt": types.create_enum,
    "alter_enum_stmt": types.alter_enum,
    "composite_type_stmt": types.create_composite,
    "create_range_stmt": types.create_range,
    "create_domain_stmt": types.create_domain,
    "alter_domain_stmt": types.alter_domain,
    "alter_type_stmt": types.alter_type,
    # routines
    "create_function_stmt": routines.create_function,
    "alter_function_stmt": routines.alter_function,
    "define_stmt": routines.define,
    "create_trig_stmt": routines.create_trigger,
    "create_event_trig_stmt": routines.create_event_trigger,
    "alter_event_trig_stmt": routines.alter_event_trigger,
    "rule_stmt": routines.create_rule,
    # who may do what
    "grant_stmt": access.grant,
    "grant_role_stmt": access.grant_role,
    "alter_default_privileges_stmt": access.default_privileges,
    "create_policy_stmt": access.create_policy,
    "alter_policy_stmt": access.alter_policy,
    "create_role_stmt": access.create_role,
    "alter_role_stmt": access.alter_role,
    "alter_role_set_stmt": access.alter_role_set,
    "drop_role_stmt": access.drop_role,
    "drop_owned_stmt": access.drop_owned,
    "reassign_owned_stmt": access.reassign_owned,
    # rows
    "insert_stmt": data.insert,
    "update_stmt": data.update,
    "delete_stmt": data.delete,
    "merge_stmt": data.merge,
    "copy_stmt": data.copy,
    "truncate_stmt": data.truncate,
    "select_stmt": data.select,
    "call_stmt": data.call,
    # the rest of the server
    "create_schema_stmt": server.create_schema,
    "create_extension_stmt": server.create_extension,
    "alter_extension_stmt": server.alter_extension,
    "alter_extension_contents_stmt": server.alter_extension_contents,
    "create_seq_stmt": server.create_sequence,
    "alter_seq_stmt": server.alter_sequence,
    "create_stats_stmt": server.create_statistics,
    "alter_stats_stmt": server.alter_statistics,
    "create_publication_stmt": server.create_publication,
    "alter_publication_stmt": server.alter_publication,
    "create_subscription_stmt": server.named("create", "subscription", "subname"),
    "alter_subscription_stmt": server.named("alter", "subscription", "subname"),
    "drop_subscription_stmt": server.named("drop", "subscription", "subname"),
    "create_fdw_stmt": server.named("create", "foreign data wrapper", "fdwname"),
    "alter_fdw_stmt": server.named("alter", "foreign data wrapper", "fdwname"),
    "create_foreign_server_stmt": server.named("create", "foreign server", "servername"),
    "alter_foreign_server_stmt": server.named("alter", "foreign server", "servername"),
    "create_user_mapping_stmt": server.named("create", "user mapping", "servername"),
    "alter_user_mapping_stmt": server.named("alter", "user mapping", "servername"),
    "drop_user_mapping_stmt": server.named("drop", "user mapping", "servername"),
    "create_plang_stmt": server.named("create", "language", "plname"),
    "createdb_stmt": server.named("create", "database", "dbname"),
    "alter_database_stmt": server.named("alter", "database", "dbname"),
    "alter_database_set_stmt": server.alter_database,
    "dropdb_stmt": server.named("drop", "database", "dbname"),
    "create_table_space_stmt": server.named("create", "tablespace", "tablespacename"),
    "drop_table_space_stmt": server.named("drop", "tablespace", "tablespacename"),
    "create_am_stmt": server.named("create", "access method", "amname"),
    "variable_set_stmt": server.set_variable,
    "transaction_stmt": server.transaction,
    "lock_stmt": server.on_relations("lock", "relations"),
    "vacuum_stmt": server.vacuum,
    "cluster_stmt": server.cluster,
    "reindex_stmt": server.reindex,
    "refresh_mat_view_stmt": server.refresh,
}
# Statements that change neither schema nor rows, or are too rare to be looked into: verb and kind.
OTHERS = {
    **dict.fromkeys(
        (
            "check_point_stmt",
            "close_portal_stmt",
            "constraints_set_stmt",
            "deallocate_stmt",
            "declare_cursor_stmt",
            "discard_stmt",
            "execute_stmt",
            "explain_stmt",
            "fetch_stmt",
            "listen_stmt",
            "load_stmt",
            "notify_stmt",
            "prepare_stmt",
            "unlisten_stmt",
            "variable_show_stmt",
        ),
        ("run", "command"),
    ),
    "alter_collation_stmt": ("alter", "collation"),
    "alter_database_refresh_coll_stmt": ("alter", "database"),
    "alter_object_depends_stmt": ("alter", "dependency"),
    "alter_op_family_stmt": ("alter", "operator family"),
    "alter_operator_stmt": ("alter", "operator"),
    "alter_system_stmt": ("alter", "system"),
    "alter_table_move_all_stmt": ("alter", "tablespace"),
    "alter_table_space_options_stmt": ("alter", "tablespace"),
    "alter_tsconfiguration_stmt": ("alter", "text search configuration"),
    "alter_tsdictionary_stmt": ("alter", "text search dictionary"),
    "create_cast_stmt": ("create", "cast"),
    "create_conversion_stmt": ("create", "conversion"),
    "create_op_class_stmt": ("create", "operator class"),
    "create_op_family_stmt": ("create", "operator family"),
    "create_transform_stmt": ("create", "transform"),
    "import_foreign_schema_stmt": ("create", "foreign tables"),
    "sec_label_stmt": ("alter", "security label"),
}
