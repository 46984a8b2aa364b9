"""Numbers in texts: the same as in the JSON, written as people write them."""


def number(value: float) -> str:
    """A number to its last digit; thousands of an integer are set apart by commas."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return repr(value)


def counted(value: float, unit: str) -> str:
    """A number with its unit, which ends in s unless there is one."""
    return f"{number(value)} {unit if value == 1 else unit + 's'}"
