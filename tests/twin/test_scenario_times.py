"""Times of a scenario that cannot go together are refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from twin.scenario import Scenario


def scenario(slot_s: int, lead_s: int, clearing_s: int) -> Scenario:
    content: dict[str, Any] = {
        "name": "times",
        "horizon": {"slot_s": slot_s},
        "market": {"lead_s": lead_s, "clearing_s": clearing_s},
    }
    return Scenario.model_validate(content)


@pytest.mark.parametrize("lead_s", [60, 300, 900, 960, 3600, 86_400])
@pytest.mark.parametrize("slot_s", [300, 900, 1800, 3600])
def test_the_default_clearing_time_fits_every_slot_and_lead(slot_s: int, lead_s: int) -> None:
    assert scenario(slot_s, lead_s, 20).market.clearing_s == 20


def test_clearing_must_be_over_before_delivery_begins() -> None:
    with pytest.raises(ValidationError, match=r"must be shorter than market\.lead_s"):
        scenario(900, 300, 300)


def test_a_commit_must_be_sent_before_the_next_settlement_can_be() -> None:
    with pytest.raises(ValidationError, match=r"must be shorter than 60 s.*else a settlement"):
        scenario(900, 960, 60)


def test_unset_the_wait_for_readings_is_two_slots() -> None:
    assert scenario(1800, 1800, 20).reading_wait_s == 3600
