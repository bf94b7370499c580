"""LoRa's published figures."""

import pytest

from emulators.links.lora import EU868_MAX_PAYLOAD_BYTES, airtime_s, silence_s


@pytest.mark.parametrize(
    ("payload_bytes", "spreading_factor", "airtime_ms"),
    [(13, 9, 164.864), (10, 7, 41.216), (10, 11, 577.536)],
)
def test_airtime_of_semtechs_an1200_13(
    payload_bytes: int, spreading_factor: int, airtime_ms: float
) -> None:
    assert airtime_s(payload_bytes, spreading_factor) * 1e3 == pytest.approx(airtime_ms, abs=1e-9)


def test_code_rate_lengthens_the_payload_only() -> None:
    symbol_s = 2**7 / 125_000
    longer_s = airtime_s(10, 7, code_rate=4) - airtime_s(10, 7, code_rate=1)
    assert longer_s == pytest.approx(4 * 3 * symbol_s)


def test_silence_at_one_percent_is_99_airtimes() -> None:
    assert silence_s(0.5, 0.01) == pytest.approx(99 * 0.5)


def test_no_silence_without_a_duty_cycle() -> None:
    assert silence_s(0.5, 1.0) == 0


def test_largest_payloads_of_eu868() -> None:
    assert [EU868_MAX_PAYLOAD_BYTES[sf] for sf in (7, 8, 9, 10, 11, 12)] == [
        222,
        222,
        115,
        51,
        51,
        51,
    ]
