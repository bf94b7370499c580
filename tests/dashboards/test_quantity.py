import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.quantity import THIN, change, scale, text, three_figures, whole


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (0.012345, "0.0123"),
        (1.2, "1.20"),
        (45.64, "45.6"),
        (999.6, "1_000"),
        (9.996, "10.0"),
        (12_345, "12_300"),
        (-1_234_567, "−1_230_000"),
    ],
)
def test_three_significant_figures_and_thousands_apart(value: float, shown: str) -> None:
    assert three_figures(value) == shown.replace("_", THIN)


@given(st.floats(-1e12, 1e12, allow_nan=False).filter(lambda x: abs(x) > 1e-9))
def test_what_is_shown_is_within_half_a_unit_of_the_third_figure(value: float) -> None:
    shown = float(three_figures(value).replace(THIN, "").replace("−", "-"))
    assert math.isclose(shown, value, rel_tol=0.00501)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (34, "Wh", "34 Wh"),
        (1_234, "Wh", "1.23 kWh"),
        (2_500_000, "Wh", "2.50 MWh"),
        (250_000_000, "n€", "25.0 ct"),
        (-3_210_000_000, "n€", "−3.21 €"),
        (186_000, "µ€/kWh", "18.6 ct/kWh"),
        (0.123, "1", "12.3 %"),
        (1_093, "count", "1_093"),
        (5_000, "ms", "5.00 s"),
        (966_000, "ms", "16.1 min"),
        (7_300, "s", "2.03 h"),
        (1.0203, "p.u.", "1.02 p.u."),
        (None, "Wh", "–"),
        (float("nan"), "1", "–"),
    ],
)
def test_a_value_is_shown_in_the_unit_that_suits_it(
    value: float | None, unit: str, shown: str
) -> None:
    assert text(value, unit) == shown.replace(" ", THIN).replace("_", THIN)


def test_values_shown_together_share_a_unit() -> None:
    unit = scale("Wh", [12, 3_400, None])
    assert [unit.text(v) for v in (12, 3_400)] == [f"0.0120{THIN}kWh", f"3.40{THIN}kWh"]


def test_a_change_has_its_sign() -> None:
    assert change(110, 100) == f"+10.0{THIN}%"
    assert change(-90, -100) == f"+10.0{THIN}%"
    assert change(50, 100) == f"−50.0{THIN}%"
    assert change(100, 100) == f"±0{THIN}%"
    assert change(1, 0) == "–"


def test_counts_are_never_rounded() -> None:
    assert whole(1_234_567) == f"1{THIN}234{THIN}567"
