"""Keep a database's password out of everything that is shown, logged or stored."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

HIDDEN = "***"
TOO_SHORT = 2  # characters; a mask for each letter of a text would say which letter it is
IN_URL = re.compile(r"(?P<before>\b\w++://[^\s:/@]*:)(?P<password>[^\s/]*)(?=@)")
# What of a database's parameters is a secret; a file's name (sslkey, passfile) is none.
PARAMETERS = (
    "password",
    "sslpassword",
    "oauth_client_secret",
    "scram_client_key",
    "scram_server_key",
)
IN_PARAMETER = re.compile(
    rf"(?P<before>\b(?:{'|'.join(PARAMETERS)})\s*=\s*)(?P<password>'(?:[^'\\]|\\.)*'|[^\s&']+)"
)


def redact(text: str, url: str = "") -> str:
    """Give a text without passwords: those that look like one, and that of a URL.

    Args:
        text: an error, a log line or a URL itself.
        url: of the database that the text is about; URL or ``key=value`` form.
    """
    for pattern in (IN_URL, IN_PARAMETER):
        text = pattern.sub(rf"\g<before>{HIDDEN}", text)
    for password in passwords(url):
        for form in {password, unquote(password), quote(unquote(password), safe="")}:
            if len(form) > TOO_SHORT:
                text = text.replace(form, HIDDEN)
    return text


def passwords(url: str) -> tuple[str, ...]:
    """Give the passwords that a URL holds, as they stand in it; the longest first."""
    matches = (match for pattern in (IN_URL, IN_PARAMETER) for match in pattern.finditer(url))
    found = {match["password"].strip("'") for match in matches} - {""}
    return tuple(sorted(found, key=len, reverse=True))
