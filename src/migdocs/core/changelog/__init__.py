"""Commits become the entries of a change log."""
