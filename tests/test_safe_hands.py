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
    # --- dumps
    "a dump belongs to one database": (
        (DUMP, "test_two_environments_that_share_a_folder_never_see_each_other"),
        (DUMP, "test_a_copy_made_before_a_restore_is_never_offered"),
    ),
    "a restore works when it is needed": (
        (DUMP, "test_the_lock_comes_before_the_copy_of_what_is_there"),
        (DUMP, "test_a_restore_that_fails_leaves_the_database_as_it_is"),
    ),
    # --- migrate and rollback
    "migrate judges its own run": ((FLOWS, "test_what_another_run_left_does_not_undo_a_good_one"),),
    "commands name the environment in hand": (
        (FLOWS, "test_by_hand_the_commands_name_the_environment_in_hand"),
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
