"""Declared schemas (sqldef, psqldef and others): one script that says what should be there."""

from __future__ import annotations

from migdocs.adapters.layouts.convention import Layout, Naming, Rule
from migdocs.adapters.layouts.evidence import Strength
from migdocs.adapters.layouts.ordering import as_text
from migdocs.adapters.layouts.runners import foreign_runner

LAYOUT = Layout(
    name="declarative",
    title="a declared schema: no migrations",
    # None of its files is a migration: a tool works the steps out, and keeps none of them.
    rules=(Rule("metadata", r"schema\.sql"),),
    order=as_text,
    least=Strength.SETTING,
    naming=Naming(by_hand="change schema.sql itself; there are no migrations."),
    reads="nothing: these are not migrations",
    runner=foreign_runner("the tool that compares schemas"),
)
