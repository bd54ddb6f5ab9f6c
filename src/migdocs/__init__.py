"""Documents for SQL migrations, written from the migrations themselves."""

__version__ = "0.1.0"
