"""Every technology of the catalogue is whole, and a scenario may differ from it."""

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from emulators.links.lora import EU868_MAX_PAYLOAD_BYTES, airtime_s
from emulators.links.profile import LinkProfile, link_profile, load_catalogue
from emulators.meters.frame import FRAME_BYTES
from emulators.quantity import Quantity
from twin.errors import ScenarioError
from twin.scenario.field import Links


def test_catalogue_has_what_a_scenario_may_name() -> None:
    assert set(load_catalogue()) == set(get_args(Links.model_fields["technology"].annotation))


def test_every_assumption_gives_its_reason() -> None:
    silent = [
        (technology, name)
        for technology, entry in load_catalogue().items()
        for name, quantity in entry.parameters.items()
        if quantity.source == "assumption" and not quantity.note
    ]
    assert silent == []


def test_a_number_without_source_is_refused() -> None:
    with pytest.raises(ValidationError, match="source"):
        Quantity.model_validate({"value": 1, "unit": "s"})


def test_an_unknown_parameter_is_refused() -> None:
    values = link_profile(Links(technology="gprs")).model_dump()
    with pytest.raises(ValidationError, match="colour"):
        LinkProfile.model_validate(values | {"colour": 1})


@pytest.mark.parametrize(
    "wrong",
    [{"spreading_factor": 7}, {"latency_max_ms": 1}, {"duty_cycle": 0}, {"latency_min_ms": 0}],
)
def test_contradictions_are_refused(wrong: dict[str, Any]) -> None:
    values = link_profile(Links(technology="gprs")).model_dump()
    with pytest.raises(ValidationError):
        LinkProfile.model_validate(values | wrong)


def test_a_scenario_overrides_the_catalogue() -> None:
    links = Links(technology="plc", loss=0.4, mean_burst_frames=2.0, attempts=3, retry_s=7)
    profile = link_profile(links)
    assert (profile.loss, profile.mean_burst_frames) == (0.4, 2.0)
    assert (profile.attempts, profile.retry_s) == (3, 7)
    assert profile.bit_rate_bps == link_profile(Links(technology="plc")).bit_rate_bps


def test_a_scenario_that_contradicts_itself_is_told() -> None:
    with pytest.raises(ScenarioError, match=r"links\.loss"):
        link_profile(Links(technology="lora", loss=0.95))


def test_ideal_neither_loses_nor_takes_the_medium() -> None:
    profile = link_profile(Links(technology="ideal"))
    assert (profile.loss, profile.airtime_us(FRAME_BYTES)) == (0, 0)


def test_lora_takes_semtechs_airtime_and_its_silence() -> None:
    profile = link_profile(Links(technology="lora"))
    expected_s = airtime_s(FRAME_BYTES + 13, profile.spreading_factor or 0)
    assert profile.airtime_us(FRAME_BYTES) == round(expected_s * 1e6)
    assert profile.silence_ms(1000) == 99


def test_lora_payload_limit_is_that_of_its_spreading_factor() -> None:
    profile = link_profile(Links(technology="lora"))
    assert profile.max_payload_bytes == EU868_MAX_PAYLOAD_BYTES[profile.spreading_factor or 0]


def test_gprs_airtime_is_that_of_cs_2() -> None:
    profile = link_profile(Links(technology="gprs"))
    assert profile.airtime_us(29) == -(-(29 + 28) * 8 * 10**6 // 13_400)
