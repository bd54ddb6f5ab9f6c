"""What the findings that are no hazards mean, and what to do: one table for help and reference."""

from __future__ import annotations

MEANINGS: dict[str, tuple[str, str]] = {
    "ambiguous-rollback": (
        "A stem ends in _rollback, and could be a migration or another one's rollback.",
        "Rename it so that it can be only one of the two.",
    ),
    "baseline-script": (
        "A Flyway baseline replaces all before it, and is not run where those were.",
        "Nothing: it is left out of the order.",
    ),
    "dead-link": (
        "A link of a document or of notes leads to no file of the project.",
        "Correct it, or take it out.",
    ),
    "dependency-cycle": (
        "Migrations need each other in a circle, so that none could be the first.",
        "Take one of the dependencies out.",
    ),
    "duplicate-id": (
        "Two scripts have the same id: neither can be documented.",
        "Rename one of them.",
    ),
    "duplicate-notes": ("Two notes are about one migration.", "Keep one of them."),
    "empty-rollback": (
        "A rollback does nothing although its migration does something.",
        "Write what undoes it, or say 'Reversible: No' in its notes.",
    ),
    "evidence-against": (
        "A real server showed that a migration does not apply, or that its rollback does harm.",
        "Fix the scripts, then run 'migdocs verify'; the log says what was seen.",
    ),
    "both-ways": (
        "A script makes something and, below a line of words, takes it away again.",
        "Name the convention of these files in the setting 'layout', or part the two ways.",
    ),
    "contested-layout": (
        "As much speaks for one convention as for another.",
        "Name the right one in the setting 'layout'.",
    ),
    "flyway-checksum": (
        "Flyway's table has another checksum than the script: it was edited after it ran.",
        "Write another migration instead; 'flyway repair' once the database is right.",
    ),
    "foreign-document": (
        "A file that migdocs did not write is where migdocs would write one.",
        "Move it, or let the setting 'documents' put ours elsewhere.",
    ),
    "impact-understated": (
        "The notes say that nothing breaks, and the SQL breaks something.",
        "Write 'Breaking: Yes' and what to do, or allow it on the statement with a reason.",
    ),
    "incomplete-rollback": (
        "A rollback leaves the schema different from what it was, as both scripts are read.",
        "Complete it, then run 'migdocs verify'.",
    ),
    "misread-script": (
        "A server showed something else than what migdocs reads in the script.",
        "Believe the server, and report the script: the reading has a defect.",
    ),
    "missing-marker": (
        "A file with both directions lacks the line that separates them.",
        "Add the runner's markers.",
    ),
    "missing-notes": (
        "A migration has no notes: the reason for it is not documented.",
        "copy TEMPLATE.md next to it as 'ID.md', or run 'migdocs fill ID'.",
    ),
    "missing-plan": ("sqitch's plan is missing: it holds the order.", "Restore sqitch.plan."),
    "missing-rollback": (
        "A migration has no rollback: you can only go back by restoring a backup.",
        "Write one, or say 'Reversible: No' in its notes.",
    ),
    "missing-script": ("A plan or notes name a script that is not there.", "Restore it."),
    "mixed-layouts": (
        "Files of two conventions lie in one folder; only one is read.",
        "Name the convention in the setting 'layout', or move the others away.",
    ),
    "nested-scripts": (
        "Scripts are deeper than the runner looks.",
        "Move them up, if they are to run.",
    ),
    "no-evidence": (
        "The scripts, as they are now, have not been tested on a server.",
        "Run 'migdocs verify', and commit evidence.json.",
    ),
    "no-migrations": ("The migrations' folder holds none.", "'migdocs new' starts one."),
    "no-place": (
        "A name without a number or a date: its place in the order is a guess.",
        "Put a date in front of its name.",
    ),
    "not-in-plan": (
        "A script that sqitch's plan does not name never runs.",
        "'sqitch add' it, or delete it.",
    ),
    "notes-downtime": (
        "The notes promise no downtime, but the script rewrites a table, which blocks readers.",
        "Document how long it takes, or use the safe way in the explanation of the hazard.",
    ),
    "notes-field-missing": (
        "The notes' header lacks a field that TEMPLATE.md has.",
        "Add it, or take it out of the template.",
    ),
    "notes-section-empty": ("A section that the template asks for is empty.", "Fill it in."),
    "notes-section-missing": (
        "A section that the template asks for is not there.",
        "Add it, or mark it '<!-- optional -->' in the template.",
    ),
    "notes-silent": (
        "The script changes a table, a column or an index that its notes have no word of.",
        "Name it under 'Changes'.",
    ),
    "notes-unknown-name": (
        "The notes name a table, a column or an index that the script does not touch.",
        "Write what the script does, or let the script do what is written.",
    ),
    "notes-value": (
        "A header field has a value that the template does not allow.",
        "Use one of its choices, or add yours to the template.",
    ),
    "opaque-script": (
        "A script hides what it does (dynamic SQL, another language); a server showed it.",
        "Nothing to do: the documents say what was observed. Write the statement out if you can.",
    ),
    "other-dialect": (
        "There are scripts for another database next to those that are documented.",
        "Nothing to do; the setting 'dialect' selects the database that is documented.",
    ),
    "repeated-marker": (
        "A marker that is allowed once is there twice: what follows would be lost.",
        "Take one out.",
    ),
    "repeated-number": (
        "Two migrations have one number: their order is a matter of luck.",
        "Renumber the one that has not run anywhere yet.",
    ),
    "rollback-contradiction": (
        "Notes or documents claim a rollback that does not exist, or deny one that does.",
        "Correct the text, or add what it promises.",
    ),
    "rollback-without-forward": (
        "A rollback undoes a migration that is not there.",
        "Restore the migration, or delete its rollback.",
    ),
    "same-but-case": (
        "Two names differ only in case: on some disks they are one file.",
        "Rename one of them.",
    ),
    "script-edited": (
        "A script was changed after it was added or released: who ran the old text keeps it.",
        "Write another migration instead.",
    ),
    "ships-before-need": (
        "A migration is declared in an earlier release than one that it depends on.",
        "Correct the version, or tag the releases: then git decides.",
    ),
    "stale-document": ("A document is not what it would be now.", "Run 'migdocs generate'."),
    "statement-never-begun": (
        "goose's StatementEnd is there without a StatementBegin.",
        "Add the one that is missing.",
    ),
    "statement-never-ended": (
        "goose's StatementBegin has no end: the rest would be one statement.",
        "Add '-- +goose StatementEnd'.",
    ),
    "syntax-error": (
        "PostgreSQL's own parser refuses the statement; those around it were read.",
        "Correct it; psql and every driver would stop here.",
    ),
    "template-placeholder": (
        "Something else fills a placeholder in before PostgreSQL sees the script: it is not read.",
        "Name its value under [placeholders] in the settings, as it is written or by its name.",
    ),
    "text-before-marker": (
        "SQL is above the first marker: the runner never runs it.",
        "Move it below the marker.",
    ),
    "unadopted-document": (
        "A document is kept by hand and has no region of ours.",
        "'migdocs generate --adopt' adds one and keeps your text.",
    ),
    "unknown-parent": (
        "A migration names a parent that is not there.",
        "Correct the name in its metadata.",
    ),
    "unread-program": (
        "A program is beside the migrations, and the convention does not say what it is.",
        "Say in the notes of the migration what it does and who runs it.",
    ),
    "unread-script": (
        "A migration that is not SQL: it is placed and shown, and not read.",
        "Document in its notes what it does.",
    ),
    "unreadable-metadata": ("A file about a migration cannot be read.", "Correct it."),
    "version-contradiction": (
        "Two sources name different releases for one migration; if git knows it, git wins.",
        "Correct the wrong one.",
    ),
    "wrong-dependency": (
        "A migration depends on one that does not exist, or that runs after it.",
        "Correct the name.",
    ),
}


def explain(rule: str) -> str | None:
    """Explain a finding in Markdown; None where there is none of that id here."""
    if rule not in MEANINGS:
        return None
    what, instead = MEANINGS[rule]
    return f"# {rule}\n\n{what}\n\nWhat to do: {instead}\n"


def listing() -> str:
    """List every finding that is no hazard, a line each."""
    width = max(map(len, MEANINGS))
    lines = (f"  {rule.ljust(width)}  {what}" for rule, (what, _) in MEANINGS.items())
    return "\n".join(("What check finds beside them", *lines)) + "\n"
