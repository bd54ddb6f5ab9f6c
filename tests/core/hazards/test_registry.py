"""The registry: every row of hazards.md is a rule, and every rule explains itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from migdocs.core import hazards
from migdocs.core.errors import UsageError
from migdocs.core.hazards import explaining
from migdocs.core.locks import STRENGTH

if TYPE_CHECKING:
    from migdocs.core.hazards import Rule

# The 134 rows of the measured table, by its parts.
TABLE = """
col-add-null col-add-const col-add-volatile col-add-notnull-nodef col-add-serial col-add-identity
col-add-gen-stored col-add-gen-virtual col-add-check col-add-ref col-add-unique col-add-domain-con
col-add-json col-drop col-drop-cascade col-rename col-gen-drop-expr col-gen-set-expr
type-int-bigint type-narrow type-varchar-widen type-text-varcharn type-numeric-up type-ts-tstz
type-binary-ok type-domain-con type-using type-collate type-fk-col type-check-col type-view-dep
nn-set nn-notvalid-check nn-18 nn-drop def-drop def-set id-always id-drop seq-alter fk-add
fk-notvalid fk-validate fk-noindex fk-enforce-18 fk-deferrable fk-action ck-add ck-notvalid
ck-validate uq-add uq-using pk-add pk-using ex-add con-drop con-drop-cascade con-rename ix-create
ix-create-part ix-conc ix-conc-ine ix-drop ix-drop-conc ix-reindex ix-reindex-conc ix-rename
ix-partial ix-wide tb-drop tb-drop-cascade tb-rename tb-create-fk tb-create-ine tb-ctas
tb-truncate tb-truncate-cascade tb-logged tb-am tb-cluster tb-storage tb-options tb-replident
tb-inherit tb-owner tb-lock pt-attach pt-create pt-detach pt-detach-conc en-add en-rename
en-recreate ty-drop ty-rename dm-add dm-create cp-attr vw-replace vw-drop vw-opt mv-refresh
fn-replace fn-overload fn-drop tg-create tg-drop tg-disable ru-create rls-enable rls-policy
gr-revoke gr-lost role-alter ext sch-drop db-drop dml-nowhere dml-with-ddl dml-irreversible
dml-dup-assign dml-seed tx-nontx-mix tx-own tx-many-ax tx-notimeout tx-setlocal tx-set-leak
tx-nonqual tx-meta tx-copy tx-dynamic tx-ident tx-style
"""
ROWS = TABLE.split()
# What PostgreSQL is sure to refuse, and what use has shown besides.
REFUSALS = [
    *("no-cast", "no-such-column", "column-exists", "not-for-a-child", "key-not-null"),
    *("no-identity", "key-exists", "constraint-exists", "key-without-partition", "bad-reference"),
    *("object-exists", "needed-by-others", "no-such-object", "truncate-referenced", "bad-body"),
    *("pub-no-key", "event-trigger", "ix-attach", "mv-refresh-conc", "tb-oids", "tx-lock-slots"),
    *("no-column-in-query", "commit-in-block", "enum-too-early", "too-young"),
    *("not-yet", "unknown-function", "bad-definition", "wrong-kind", "unknown-name"),
    *("unknown-part",),
]
every_rule = pytest.mark.parametrize("rule", hazards.RULES.values(), ids=lambda rule: rule.id)


def test_every_row_of_the_table_is_a_rule() -> None:
    """None is left out, and none is made up."""
    assert len(ROWS) == 134
    assert set(hazards.RULES) == {*ROWS, *REFUSALS}


def test_every_rule_stands_in_one_family() -> None:
    """The page of documentation has each of them once."""
    listed = [rule.id for rules in hazards.families().values() for rule in rules]
    assert sorted(listed) == sorted([*ROWS, *REFUSALS])


@every_rule
def test_a_rule_finds_its_own_example(rule: Rule) -> None:
    """What the documentation shows is what the check says, under the lock that is printed."""
    found = explaining.example(rule)
    assert found.lock in {rule.lock, ""}
    assert found.hint == rule.instead


@every_rule
def test_a_rule_says_all_that_a_reader_needs(rule: Rule) -> None:
    """What it is, what goes wrong, the lock in PostgreSQL's words, the work, the safe way."""
    assert re.match(r"[A-Za-z]", rule.title)
    assert not rule.title.startswith("Flag")
    assert rule.why.endswith(".")
    assert rule.lock in STRENGTH
    assert rule.work
    assert rule.instead.endswith(".")
    assert rule.breaks


def test_an_explanation_is_for_a_reader() -> None:
    """Heading, reason, example, facts and the safe way, in this order."""
    text = hazards.explain("col-gen-drop-expr")
    assert text == (
        "# col-gen-drop-expr: a generated column that becomes a plain one\n"
        "\n"
        "Nothing keeps its value any more, and no error says so.\n"
        "\n"
        "```sql\n"
        "-- after: ALTER TABLE users ADD COLUMN mail text"
        " GENERATED ALWAYS AS (lower(name)) STORED;\n"
        "ALTER TABLE users ALTER COLUMN mail DROP EXPRESSION;\n"
        "```\n"
        "\n"
        "warning: 'users.mail' is no longer computed.\n"
        "\n"
        "- Breaks: writers.\n"
        "- Lock: ACCESS EXCLUSIVE, nobody can read or write.\n"
        "- Work: catalog only, since 13.\n"
        "- Impact: major.\n"
        "- Since: PostgreSQL 13.\n"
        "\n"
        "Instead: install the trigger that keeps it first.\n"
    )


@pytest.mark.parametrize("id_", ["allow-unused", "syntax-error"])
def test_what_is_no_hazard_is_explained_too(id_: str) -> None:
    """Every id that a check of scripts can print leads somewhere."""
    assert hazards.explain(id_).startswith(f"# {id_}\n")


def test_a_slip_of_the_pen_is_understood() -> None:
    """The nearest ids are named."""
    with pytest.raises(UsageError, match="no rule 'col-dorp'") as caught:
        hazards.explain("col-dorp")
    assert "col-drop" in caught.value.hint
