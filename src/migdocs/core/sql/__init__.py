"""The text of scripts: statements and their places, parse trees, how a script may run."""
