from streams.adapters.database import binary_copy as pg


def test_a_row_is_its_number_of_fields_and_each_with_its_length() -> None:
    assert pg.row(pg.text("é"), pg.NULL, pg.boolean(True)) == (
        b"\0\3" + b"\0\0\0\2\xc3\xa9" + b"\xff\xff\xff\xff" + b"\0\0\0\1\1"
    )


def test_an_array_has_a_head_and_elements_with_lengths() -> None:
    head = b"\0\0\0\1" + b"\0\0\0\0" + b"\0\0\0\x14" + b"\0\0\0\2" + b"\0\0\0\1"
    elements = b"\0\0\0\x08" + (5).to_bytes(8, "big") + b"\0\0\0\x08" + b"\xff" * 8
    assert pg.bigints([5, -1]) == b"\0\0\0\x2c" + head + elements


def test_no_column_is_null() -> None:
    assert pg.doubles(None) == pg.NULL


def test_the_stream_gives_all_rows_in_any_portion() -> None:
    rows = [bytes([i]) * i for i in range(1, 50)]
    whole = pg.SIGNATURE + b"".join(rows) + pg.TRAILER
    for size in (1, 7, 100, 10_000):
        stream = pg.CopyStream(iter(rows))
        parts = iter(lambda s=stream, n=size: s.read(n), b"")  # type: ignore[misc]
        assert b"".join(parts) == whole
