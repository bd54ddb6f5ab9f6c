"""Everything the documents say, gathered, and written by their templates."""
