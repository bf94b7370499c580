"""The categories of the results are the enumerations of the models, in the order of their codes."""

from cosim.results.column import DOMAINS
from twin.indicators import Outcome
from twin.participants import Origin, Role
from twin.state import Quality


def test_codes_of_the_models_are_codes_of_the_results() -> None:
    assert DOMAINS["role"] == tuple(role.label for role in Role)
    assert DOMAINS["origin"] == tuple(origin.name.lower() for origin in Origin)
    assert DOMAINS["quality"] == tuple(quality.name.lower() for quality in Quality)
    assert DOMAINS["agreement_status"][: len(Outcome)] == tuple(o.label for o in Outcome)
