"""Pure: text and values in, values and text out; no file, git, clock, process or database."""
