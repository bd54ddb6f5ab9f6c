"""What statements change: read from the parse tree, told in words, kept for the next run.

``reading`` needs PostgreSQL's parser and everything that knows its trees; who only tells of
Changes that were read before does without.
"""
