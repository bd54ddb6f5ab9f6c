"""Each rule of how scripts are applied, and each promise about a database, has a test by name.

The left side is the rule in a few words; the right side the tests that hold it, as file and name.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
APPLY, FIRE = "adapters/test_apply.py", "adapters/test_under_fire.py"
CONNECTION, LEDGER = "adapters/test_connection.py", "adapters/test_gate_ledger.py"
SCRIPTS, GATE = "adapters/test_gate_scripts.py", "scenarios/test_gate.py"
FLOWS, DUMP = "adapters/test_flows.py", "adapters/test_dump.py"
CONNECTIONS, BASELINE = "scenarios/test_connections.py", "adapters/test_baseline.py"
DUMPS, VARIABLES = "adapters/test_dump_under_fire.py", "adapters/test_variables.py"
PLAN, EXECUTION = "core/test_plan.py", "core/test_execution.py"
DATABASE, DOCTOR = "scenarios/test_database.py", "scenarios/test_doctor.py"
COMPUTED = "core/test_ledger.py"
RULES: dict[str, tuple[tuple[str, str], ...]] = {
    # --- applying a script
    "the lock is polled": (
        (FIRE, "test_a_time_limit_for_locks_does_not_break_a_concurrent_index"),
    ),
    "one runner at a time": (
        (FIRE, "test_two_runners_at_once_fifty_times"),
        (FIRE, "test_two_processes_at_once"),
        (FIRE, "test_a_runner_that_waits_too_long_says_who_is_at_work"),
    ),
    "a pooler is refused": ((CONNECTION, "test_a_pooler_in_between_is_refused"),),
    "the lock is per database and ledger, and given back": (
        (FIRE, "test_two_runners_at_once_fifty_times"),
        (LEDGER, "test_a_script_that_gives_the_lock_away_is_rolled_back"),
        (FIRE, "test_a_script_that_drops_the_lock_is_refused"),
    ),
    "a session is made anew between scripts": (
        (APPLY, "test_a_script_cannot_leave_the_next_one_another_session"),
    ),
    "statements and ledger row are one transaction": (
        (APPLY, "test_a_failed_script_is_rolled_back_whole_and_noted_with_its_place"),
        (FIRE, "test_killed_between_the_last_statement_and_the_ledger_row"),
        (FIRE, "test_killed_in_the_commit"),
    ),
    "an outer BEGIN … COMMIT is dropped": (
        (APPLY, "test_an_outer_begin_and_commit_are_part_of_our_transaction"),
    ),
    "other transaction control runs as written": (
        (EXECUTION, "test_other_transaction_control_runs_as_written"),
        (EXECUTION, "test_a_statement_that_refuses_a_transaction"),
    ),
    "what refuses a transaction has two rows": (
        (APPLY, "test_an_index_is_built_concurrently_between_two_ledger_rows"),
        (FIRE, "test_killed_between_two_statements_outside_a_transaction"),
    ),
    "a new enum value is used in a second transaction": (
        (APPLY, "test_a_new_enum_value_is_used_in_a_transaction_after_the_one_that_adds_it"),
    ),
    "COPY with data is sent as data": ((APPLY, "test_rows_of_copy_are_sent_as_data"),),
    "psql's commands are refused, or psql's": (
        (APPLY, "test_psql_commands_are_refused_before_anything_runs"),
        (APPLY, "test_psql_runs_its_own_commands_where_the_project_opts_in"),
    ),
    "after each script the session is idle": (
        (SCRIPTS, "test_a_transaction_that_psql_left_open_is_a_failure"),
        (APPLY, "test_a_failure_outside_a_transaction_waits_for_a_repair"),
    ),
    "SET LOCAL holds as long as its script": (
        (SCRIPTS, "test_a_parted_script_keeps_its_local_settings"),
    ),
    "late scripts are refused, or allowed aloud": (
        (PLAN, "test_late_scripts_are_refused_unless_allowed"),
        (COMPUTED, "test_a_script_merged_late_is_pending_and_late"),
    ),
    "a rollback goes back in the order of application": (
        (PLAN, "test_a_rollback_goes_back_the_way_it_came"),
        (COMPUTED, "test_applied_ones_keep_the_order_in_which_they_were_applied"),
    ),
    "a hash is of the text, not of its line ends": (
        ("adapters/test_large.py", "test_line_ends_and_a_byte_order_mark_change_no_hash"),
        ("adapters/test_large.py", "test_every_row_arrives_and_the_hash_is_that_of_the_whole"),
    ),
    "a name means one migration": (
        (PLAN, "test_two_migrations_with_one_id_are_refused"),
        (DATABASE, "test_a_script_that_may_be_a_rollback_stops_everything"),
    ),
    "a missing rollback is named before anything runs": (
        (PLAN, "test_missing_rollbacks_are_named_before_anything_runs"),
    ),
    "the ledger is append-only, failures too": (
        (APPLY, "test_applied_scripts_are_in_force_and_in_the_ledger"),
        (APPLY, "test_a_failed_script_is_rolled_back_whole_and_noted_with_its_place"),
    ),
    "the server stops mid-script": (
        (FIRE, "test_a_server_that_stops_in_a_script_leaves_nothing_of_it"),
        (FIRE, "test_a_session_that_an_administrator_ends"),
    ),
    "a lock is held by a long transaction": (
        (FIRE, "test_a_lock_that_stays_is_given_up_in_time_and_its_holder_named"),
    ),
    "nothing destructive without a yes": (
        (DATABASE, "test_nothing_is_undone_without_a_yes"),
        (DATABASE, "test_an_environment_has_a_database_and_time_limits_of_its_own"),
    ),
    "TLS that is wanted says how": (
        (CONNECTION, "test_a_server_that_wants_tls_says_how_to_give_it"),
        (CONNECTION, "test_a_certificate_that_nobody_vouches_for_is_refused"),
    ),
    "only blocked transactions are tried again": (
        (FIRE, "test_a_lock_that_goes_is_waited_for"),
        (FIRE, "test_a_deadlock_is_tried_again"),
    ),
    "a failed concurrent index is dropped and built": (
        (APPLY, "test_a_failed_concurrent_index_is_dropped_and_built_by_the_next_run"),
        (FIRE, "test_killed_in_a_concurrent_index"),
    ),
    "a killed runner's session commits nothing": ((FIRE, "test_killed_in_a_statement"),),
    "an edited script is refused": (
        (APPLY, "test_an_edited_script_stops_everything_until_it_is_repaired"),
    ),
    "a password is never shown": (
        (CONNECTION, "test_the_password_is_nowhere"),
        (CONNECTION, "test_the_programs_that_work_for_us_get_the_password_unseen"),
    ),
    "a read-only database is refused": (
        (CONNECTION, "test_a_read_only_database_is_refused_but_can_be_asked"),
    ),
    "a role without rights is told": ((CONNECTION, "test_a_role_without_rights_is_told_so"),),
    "a backup is whole, checked, and the newest stays": (
        (DUMP, "test_a_backup_can_be_read_and_only_by_us"),
        (DUMP, "test_half_a_dump_is_no_backup"),
        (DUMP, "test_old_backups_go_and_the_newest_never_does"),
        (DUMP, "test_a_folder_that_cannot_be_written_to"),
    ),
    "an older pg_dump is refused": ((DUMP, "test_an_older_pg_dump_is_refused_with_the_reason"),),
    "a full disk leaves no half backup": ((DUMP, "test_a_disk_that_is_full_leaves_nothing"),),
    # --- one gate
    "another tool's database is not touched": (
        (GATE, "test_every_known_tools_table_is_seen_and_apply_changes_nothing"),
        (GATE, "test_no_command_changes_another_tools_database"),
    ),
    "tables without a history are not touched": (
        (GATE, "test_tables_without_a_history_are_left_alone"),
        (GATE, "test_a_database_is_taken_over_aloud_once"),
    ),
    "a guessed layout runs nothing": ((GATE, "test_scripts_of_both_ways_are_not_taken_for_one"),),
    "a runner's project is its runner's": (
        (GATE, "test_a_runners_project_is_not_run_by_us_in_an_empty_database"),
    ),
    "the lock is asked before each commit": (
        (LEDGER, "test_a_script_that_gives_the_lock_away_is_rolled_back"),
        (LEDGER, "test_outside_a_transaction_the_lock_is_asked_after_each_statement"),
    ),
    "whose a database is, is told": (
        (GATE, "test_status_says_whose_a_database_is"),
        (DOCTOR, "test_doctor_says_whose_a_database_is"),
        (BASELINE, "test_the_runners_table_is_found_in_any_schema"),
    ),
    "a failure alone is no history": ((GATE, "test_a_failure_alone_is_no_history"),),
    "migrate refuses where apply does": (
        (GATE, "test_no_command_changes_another_tools_database"),
        (GATE, "test_a_setting_gives_the_migrations_to_the_application"),
    ),
    # --- dumps
    "a dump belongs to one database": (
        (DUMP, "test_two_environments_that_share_a_folder_never_see_each_other"),
        (DUMP, "test_a_copy_made_before_a_restore_is_never_offered"),
    ),
    "a restore works when it is needed": (
        (DUMP, "test_the_lock_comes_before_the_copy_of_what_is_there"),
        (DUMP, "test_a_restore_that_fails_leaves_the_database_as_it_is"),
    ),
    "only what is proved ours is pruned, and dead runs' files are swept": (
        (DUMP, "test_the_same_database_under_two_names_is_kept_apart"),
        (DUMP, "test_a_dump_without_a_label_needs_to_be_insisted_on"),
        (DUMP, "test_what_dead_runs_left_is_swept"),
    ),
    "what stands in a restore's way is known before": (
        (DUMP, "test_an_extension_of_another_role_does_not_stand_in_the_way"),
        (DUMP, "test_event_triggers_do_not_stop_a_restore"),
        (DUMP, "test_a_ledger_in_a_schema_younger_than_the_dump_stays"),
        (DUMP, "test_a_dump_of_a_newer_client_is_restored_by_one_that_reads_it"),
    ),
    "programs and their sessions end with us": (
        (FIRE, "test_psql_and_its_session_end_with_a_runner_that_is_killed"),
        (DUMPS, "test_a_backup_that_is_killed_is_whole_or_not_there"),
        (DUMPS, "test_a_restore_that_is_killed_did_all_or_nothing"),
    ),
    "our sessions have no idle limit": ((DUMP, "test_sessions_of_ours_have_no_idle_limit"),),
    "a restore compares, tells, and keeps the ledger": (
        (DUMP, "test_what_the_dump_does_not_have_is_named"),
        (DUMP, "test_a_restore_loses_no_line_of_the_ledger"),
        (DUMP, "test_a_restore_of_a_time_before_the_ledger_keeps_it"),
    ),
    "a wait for another session is told": ((DUMP, "test_a_restore_says_whom_it_waits_for"),),
    "backups are not committed or published": (
        (DUMP, "test_a_folder_that_git_would_commit_is_refused"),
    ),
    # --- migrate and rollback
    "migrate judges its own run": ((FLOWS, "test_what_another_run_left_does_not_undo_a_good_one"),),
    "commands name the environment in hand": (
        (FLOWS, "test_by_hand_the_commands_name_the_environment_in_hand"),
    ),
    "hints lead to the database in hand": (
        (CONNECTIONS, "test_hints_lead_to_the_database_in_hand"),
    ),
    "only dumps of the version are offered": (
        (DUMP, "test_only_dumps_of_the_wanted_version_are_offered"),
        (FLOWS, "test_what_has_no_rollback_is_restored_or_stays_a_failure"),
    ),
    "after a restore the schema is verified": (
        (FLOWS, "test_a_rollback_that_leaves_something_behind_is_seen"),
        (FLOWS, "test_the_way_back_in_all_its_steps"),
    ),
    "a rollback is planned before the stop": (
        (FLOWS, "test_what_has_no_rollback_is_known_before_the_stop"),
        (FLOWS, "test_nothing_is_stopped_for_nothing"),
    ),
    "the application starts on its own schema only": (
        (FLOWS, "test_it_is_not_started_without_its_code"),
        (FLOWS, "test_a_declined_rollback_starts_the_application_again"),
        (FLOWS, "test_a_failed_rollback_that_changed_nothing_starts_it_again"),
    ),
    # --- the ledger
    "a renamed script does not run again": ((SCRIPTS, "test_a_renamed_script_does_not_run_again"),),
    "a parted script keeps its settings": (
        (SCRIPTS, "test_a_parted_script_keeps_its_local_settings"),
        (SCRIPTS, "test_what_cannot_be_said_twice_is_not_parted"),
    ),
    "a cut-off COMMIT is asked of the server": (
        (LEDGER, "test_a_commit_that_was_cut_off_is_asked_of_the_server"),
    ),
    "no more is rolled back than there is": (
        (LEDGER, "test_more_than_there_is_cannot_be_rolled_back"),
    ),
    "repair claims nothing untrue": (
        (LEDGER, "test_a_script_that_was_rolled_back_whole_cannot_be_called_applied"),
        (LEDGER, "test_a_failed_concurrent_index_is_built_again_not_declared"),
    ),
    "two scripts of one version are refused": (
        (CONNECTIONS, "test_two_scripts_of_one_version_are_refused_by_apply"),
    ),
    "another tool's unfinished row stops baseline": (
        (BASELINE, "test_an_unfinished_row_stops_every_baseline"),
    ),
    # --- psql and connections
    "psql reached the end": (
        (SCRIPTS, "test_a_script_that_ends_psql_half_way_is_refused"),
        (SCRIPTS, "test_a_transaction_that_psql_left_open_is_a_failure"),
    ),
    "what psql includes ends well too": (
        (SCRIPTS, "test_what_psqls_exit_code_does_not_tell_is_refused"),
        (SCRIPTS, "test_a_script_that_psql_ended_well_is_applied"),
    ),
    "every variable and service works or is refused by name": (
        (VARIABLES, "test_no_variable_is_forgotten"),
        (VARIABLES, "test_every_variable_works_or_is_refused_by_name"),
        (VARIABLES, "test_a_service_leads_alone"),
        (VARIABLES, "test_our_own_server_is_not_led_by_variables"),
        (CONNECTIONS, "test_variables_that_are_not_used_are_named"),
    ),
    "the role is the backup's too": (
        (VARIABLES, "test_options_of_the_url_reach_the_programs_beside_ours"),
        (CONNECTION, "test_a_role_to_work_as_owns_what_is_made"),
    ),
    "sslpassword reaches no command line": (
        (CONNECTION, "test_the_password_of_a_key_is_handed_over_unseen"),
        (CONNECTION, "test_a_secret_that_cannot_be_handed_over_is_refused"),
    ),
    "2D000 and 55P04 have hints": ((SCRIPTS, "test_what_a_transaction_refuses_says_what_to_do"),),
    "scripts that are not read are named": (
        (CONNECTIONS, "test_scripts_that_are_not_read_are_named"),
    ),
    "libpq's variables lead where they say": (
        (CONNECTIONS, "test_variables_of_libpq_lead_to_the_database"),
        (CONNECTIONS, "test_a_port_of_another_server_does_not_lead_there"),
    ),
    "an empty URL is refused": ((CONNECTIONS, "test_an_empty_url_is_refused"),),
    "foreign parameters are named": ((CONNECTIONS, "test_a_foreign_parameter_is_named"),),
    "no part of a password is told": (
        (CONNECTIONS, "test_the_password_of_a_key_is_masked"),
        (CONNECTIONS, "test_a_short_password_is_not_told_by_its_mask"),
    ),
    "the word commit in a string is none": (
        (SCRIPTS, "test_the_word_commit_in_a_string_is_no_commit"),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_has_its_tests(rule: str) -> None:
    """A test that is renamed or taken out is missed here."""
    for path, name in RULES[rule]:
        tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
