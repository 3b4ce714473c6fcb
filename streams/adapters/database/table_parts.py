"""What the tables are made of: where they are listed, and columns that many have."""

from sqlalchemy import ARRAY, BigInteger, Column, Double, MetaData, Text

metadata = MetaData()


def floats(name: str, nullable: bool = True) -> Column[list[float]]:
    """A column of arrays."""
    return Column(name, ARRAY(Double), nullable=nullable)


def required(*names: str, of: type[Text | Double[float] | BigInteger]) -> list[Column[object]]:
    """Columns of one type that are never NULL."""
    return [Column(name, of, nullable=False) for name in names]
