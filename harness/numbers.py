"""How numbers are printed. Halves are rounded up: 0.87125 is 87.13 on every machine."""

from decimal import ROUND_HALF_UP, Context, Decimal

NOT_KNOWN = "n/a"
MEBIBYTE = 2**20
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)  # the largest float has 309 digits


def rounded(value: float, places: int = 2) -> str:
    """``value`` with ``places`` decimals, thousands separated, half-up on its decimal form."""
    exact = Decimal(repr(float(value)))
    return f"{exact.quantize(Decimal(1).scaleb(-places), context=_EXACT):,}"


def percent(fraction: float) -> str:
    """A fraction as percent with two decimals and no sign."""
    scaled = Decimal(repr(float(fraction))) * 100
    return str(scaled.quantize(Decimal("0.01"), context=_EXACT))


def whole(value: float) -> str:
    """A number without decimals."""
    return rounded(value, 0)


def one_decimal(value: float) -> str:
    """A number with one decimal."""
    return rounded(value, 1)


def four_decimals(value: float) -> str:
    """A number with four decimals."""
    return rounded(value, 4)


def mebibytes(value: float) -> str:
    """Bytes as MiB."""
    return rounded(value / MEBIBYTE, 0)


def magnitude(value: float) -> str:
    """A large count in three figures or so: 412, 33.6k, 102.3M, 2.8B."""
    sizes = ((1, ""), (1e3, "k"), (1e6, "M"), (1e9, "B"))
    texts = [rounded(value / size, 1 if suffix else 0) + suffix for size, suffix in sizes]
    return next((text for text in texts if "," not in text), texts[-1])


def printed(value: str) -> str:
    """``value`` with what cannot be seen made visible: control, format and separator characters."""
    if value.isprintable():
        return value
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in value)
