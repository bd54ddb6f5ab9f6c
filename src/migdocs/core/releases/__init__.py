"""Versions and tags put in order, and every migration placed in the release that brought it."""
