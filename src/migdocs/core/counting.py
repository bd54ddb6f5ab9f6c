"""Write a number with its noun."""


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: ``1 release``, ``2 releases``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
