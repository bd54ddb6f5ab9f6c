"""The only input and output; each module wraps at most one library, and none imports another."""
