from __future__ import annotations

import pytest

from folio.model.arithmetic import ArithmeticFaultError, check, evaluate


@pytest.mark.parametrize(
    "text",
    [
        "10,000 × 3 min ÷ 60 = 500 hours",
        "3 ÷ 8 = 37.5%",
        "√183 ≈ 13.5",
        "1 − 0.95^10 ≈ 40%",
        "1M events/day ÷ 86,400 s/day ≈ 11.6 events/s",
        "$1M ÷ 5 = $200K",
        "(60 × 1 + 40 × 11) ÷ 100 = 5 minutes",
        "2 + 2 = 4 = 8 ÷ 2",
    ],
)
def test_right_sums_pass(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "text",
    ["2 + 2 = 5", "3 ÷ 8 = 37%", "√183 ≈ 13.6", "2 × 3", "1 ÷ 0 = 1", "__import__('os') = 1", "2 + = 2", "9^9^9^9 = 1"],
)
def test_wrong_or_unreadable_sums_fail(text: str) -> None:
    with pytest.raises(ArithmeticFaultError):
        check(text)


def test_about_allows_rounding_to_the_digits_shown_and_no_more() -> None:
    check("2 ÷ 3 ≈ 0.67")
    check("2 ÷ 3 ≈ 67%")
    with pytest.raises(ArithmeticFaultError):
        check("2 ÷ 3 ≈ 0.66")
    with pytest.raises(ArithmeticFaultError):
        check("2 ÷ 3 = 0.67")


def test_units_and_scales() -> None:
    assert evaluate("7 min") == 7
    assert evaluate("1.5K calls per day") == 1500
    assert evaluate("37.5%") == 0.375
