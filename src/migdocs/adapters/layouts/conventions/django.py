"""Django: migrations in Python; placed, not read."""

from __future__ import annotations

import re

from migdocs.adapters.layouts.convention import the_id
from migdocs.adapters.layouts.evidence import Manifest, Strength, python
from migdocs.adapters.layouts.ordering import by_leading_number
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import program
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

LAYOUT = program(
    "django",
    "Django: migrations/0001_name.py",
    stem=r"[0-9]+_[^/]*?",
    ends="py",
    manifests=(Manifest(r"manage\.py"), python("django")),
    marker=re.compile(r"\bmigrations\.Migration\b"),
    least=Strength.DEPENDENCY,
    order=by_leading_number,
    recorded=the_id,
    stands=(Manifest(r"manage\.py"),),
    tracking=Tracking(
        "django_migrations",
        "name",
        "SELECT name FROM django_migrations WHERE app = {app}",
        marks=(mark("id app name applied", only=True),),
    ),
    command="python manage.py makemigrations {app} --empty --name {name}",
    runner=foreign_runner(
        "Django",
        status="python manage.py showmigrations {app}",
        apply="python manage.py migrate",
        rollback_to="",
    ),
)
