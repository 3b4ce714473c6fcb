import pyarrow as pa
import pytest

from streams.adapters.tape.time_column import utc_ms
from streams.adapters.tape.time_layout import DateOrder, Unit

NOON = 1_646_136_000_000  # 2022-03-01T12:00:00Z


def ms(
    text: str, tz: str = "UTC", *, unit: Unit | None = None, order: DateOrder | None = None
) -> int | None:
    values, good = utc_ms(pa.array([text]), tz, unit, order)
    return int(values[0]) if good[0] else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-03-01T12:00:00Z", NOON),
        ("2022-03-01 12:00:00", NOON),
        ("2022-03-01t12:00:00z", NOON),
        ("2022-03-01 12:00", NOON),
        (" 2022-03-01 12:00:00 ", NOON),
        ("2022/03/01 12:00:00", NOON),
        ("2022-03-01T14:00:00+02:00", NOON),
        ("2022-03-01T07:00:00-0500", NOON),
        ("2022-03-01 12:00:00.00", NOON),
        ("2022-03-01 12:00:00.5", NOON + 500),
        ("2022-03-01 12:00:00,050", NOON + 50),
        ("2022-03-01 12:00:00.123999999", NOON + 123),
        ("20220301 120000", NOON),
        ("20220301 120000065", NOON + 65),
        ("20220301T120000Z", NOON),
        ("20220301120000", NOON),
        ("20220301120000065", NOON + 65),
        ("2022-03-01", NOON - 43_200_000),
        ("20220301", NOON - 43_200_000),
        ("1646136000", NOON),
        ("1646136000.25", NOON + 250),
        ("1646136000250", NOON + 250),
        ("1646136000250999", NOON + 250),
        ("1646136000250999999", NOON + 250),
        ("2024-02-29", 1_709_164_800_000),
        ("1970-01-01", 0),
    ],
)
def test_a_time_is_read_as_it_is_written(text: str, expected: int) -> None:
    assert ms(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "::", "noon", "2022-13-01", "2022-02-29", "2022-03-01 24:00:00", "2022-03-01 12:60:00",
     "2022-03-01 12:00:61", "-5", "1.6e9", "2200-01-01", "1969-12-31", "99999999999999999999",
     "2022-03-01 12:00:00+99:00", "15/11/2022 x", "nan", "2022-03-01 12:00:00.1234567890"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    assert ms(text) is None


def test_day_and_month_are_read_in_the_order_that_is_said() -> None:
    assert ms("01/03/2022 12:00:00", order="dmy") == NOON
    assert ms("3/1/2022 12:00", order="mdy") == NOON


def test_a_unit_by_name_goes_before_the_magnitude() -> None:
    assert ms("20220301", unit="ms") == 20_220_301
    assert ms("1646136000250", unit="us") == 1_646_136_000


def test_a_naive_time_is_in_the_zone_and_a_zoned_one_is_not() -> None:
    assert ms("2022-03-01 13:00:00", "Europe/Berlin") == NOON
    assert ms("2022-03-01T12:00:00Z", "Europe/Berlin") == NOON


def test_of_a_repeated_hour_the_first_is_meant_and_a_skipped_hour_is_no_time() -> None:
    assert ms("2022-10-30 02:30:00", "Europe/Berlin") == 1_667_089_800_000
    assert ms("2022-03-27 02:30:00", "Europe/Berlin") is None


def test_columns_that_are_typed_need_no_reading() -> None:
    naive = pa.array([NOON * 1_000_000 + 999_999], pa.timestamp("ns"))
    zoned = pa.array([NOON // 1_000], pa.timestamp("s", tz="America/New_York"))
    assert utc_ms(naive, "Europe/Berlin")[0][0] == NOON - 3_600_000
    assert utc_ms(zoned, "Europe/Berlin")[0][0] == NOON
    assert utc_ms(pa.array([19_052], pa.date32()), "UTC")[0][0] == NOON - 43_200_000
    assert utc_ms(pa.array([1_646_136_000.123]), "UTC")[0][0] == NOON + 123
    assert not utc_ms(pa.array([float("nan"), None]), "UTC")[1].any()


def test_many_patterns_in_one_column_are_all_read() -> None:
    texts = [f"2022-03-01 12:00:00.{'0' * n}" for n in range(1, 10)] + ["?" * n for n in range(60)]
    good = utc_ms(pa.array(texts), "UTC")[1]
    assert good.sum() == 9


def test_a_sliced_column_is_read_from_its_own_rows() -> None:
    column = pa.array(["x", "2022-03-01 12:00:00", None])[1:]
    values, good = utc_ms(column, "UTC")
    assert good.tolist() == [True, False]
    assert values[0] == NOON
