"""From any version to any other: the route, its guide, and the shell script of it."""
