"""Write one job for each database of a fleet, in the forms that schedulers take.

Each job is ``migdocs apply``, which does nothing where nothing is pending: a scheduler may run it
again. No URL is in any of them, only the name of the secret that holds it.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from migdocs.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.fleet import Fleet, Member

KUBERNETES = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: {job}
  labels: {{ app.kubernetes.io/name: migdocs, migdocs/database: {name} }}
spec:
  backoffLimit: 2
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: migdocs
          image: {image}
          command: [{command}]
          env:
            - name: DATABASE_URL
              valueFrom: {{ secretKeyRef: {{ name: {secret}, key: url }} }}
"""


def words(fleet: Fleet) -> list[str]:
    """Give the command of a job, the same for every database."""
    return ["migdocs", "apply", "--yes", *(["--to", fleet.to] if fleet.to else [])]


def kubernetes(fleet: Fleet) -> str:
    """Give a Job a database, parted as ``kubectl apply -f -`` reads them.

    Raises:
        UsageError: the fleet names no image.
    """
    if not fleet.image:
        raise UsageError("a Kubernetes job needs an image", hint='write image = "…".')
    command = ", ".join(json.dumps(word) for word in words(fleet))
    return "---\n".join(_job(fleet, member, command) for member in fleet.members)


def _job(fleet: Fleet, member: Member, command: str) -> str:
    """Give one Job; another version is another Job, since a Job cannot be changed."""
    version = re.sub(r"[^a-z0-9]+", "-", (fleet.to or "latest").lower()).strip("-")
    return KUBERNETES.format(
        job=f"migrate-{member.name}-{version}"[:63].rstrip("-"),
        name=member.name,
        image=json.dumps(fleet.image),
        command=command,
        secret=member.secret.lower().replace("_", "-").strip("-"),
    )


def github(fleet: Fleet) -> str:
    """Give the value of ``strategy.matrix``, for ``fromJSON``."""
    include = [{"name": one.name, "secret": one.secret} for one in fleet.members]
    return json.dumps({"include": include, "command": [shlex.join(words(fleet))]}) + "\n"


def parallel(fleet: Fleet) -> str:
    """Give a shell line a database, as GNU parallel reads them."""
    command = shlex.join(words(fleet))
    lines = (
        f'DATABASE_URL="${{{one.secret}:?is not set}}" {command} # {one.name}'
        for one in fleet.members
    )
    return "\n".join(lines) + "\n"


def ansible(fleet: Fleet) -> str:
    """Give an inventory: a host a database, run from where Ansible runs."""
    hosts = {
        one.name: {"database_url": f"{{{{ lookup('env', '{one.secret}') }}}}"}
        for one in fleet.members
    }
    shared = {"ansible_connection": "local", "migdocs_command": shlex.join(words(fleet))}
    return json.dumps({"databases": {"hosts": hosts, "vars": shared}}, indent=2) + "\n"


FORMS: dict[str, Callable[[Fleet], str]] = {
    "kubernetes": kubernetes,
    "github": github,
    "parallel": parallel,
    "ansible": ansible,
}
