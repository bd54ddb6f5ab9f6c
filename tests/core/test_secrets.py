"""A password is in no text that leaves."""

from __future__ import annotations

import pytest

from migdocs.core.secrets import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://ann:s3cret@db/app", "postgresql://ann:***@db/app"),
        ("at postgresql://ann:p:a@db, twice", "at postgresql://ann:***@db, twice"),
        ("postgresql://ann@db/app?password=s3cret&sslmode=require", None),
        ("host=db password='s3 cret' dbname=app", "host=db password=*** dbname=app"),
        ("host=db password = s3cret", "host=db password = ***"),
        ("postgresql://db/app?sslmode=require&sslpassword=s3cret", None),
        ("host=db sslpassword='s3 cret'", "host=db sslpassword=***"),
        ("scram_client_key=s3cret passfile=/p", "scram_client_key=*** passfile=/p"),
        ("nothing to hide: http://db:5432", "nothing to hide: http://db:5432"),
    ],
)
def test_what_looks_like_a_password_is_hidden(text: str, shown: str | None) -> None:
    """In a URL, in its query, and in key=value form."""
    hidden = redact(text)
    assert "cret" not in hidden
    assert shown is None or hidden == shown


def test_the_password_of_a_url_is_hidden_wherever_it_stands_and_however_it_is_written() -> None:
    """A server repeats it as it was given; a URL has it quoted."""
    assert redact("no p@ss or p%40ss here", "postgresql://ann:p%40ss@db") == "no *** or *** here"


def test_a_long_word_is_passed_over_in_one_go() -> None:
    """A server repeats a word of the script whole, and that may be megabytes."""
    word = "x" * 5_000_000
    assert redact(word) == word
