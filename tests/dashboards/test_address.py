import pytest

from dashboards.address import address, choice_parameter, run_parameter, whole_parameter


def test_an_address_is_quoted() -> None:
    assert address("/compare", axis="a&b=<c>", run=None) == "/compare?axis=a%26b%3D%3Cc%3E"
    assert address("/") == "/"


@pytest.mark.parametrize(
    "value",
    [
        "../../etc/passwd",
        "0123456789abcdeg",
        "0" * 15,
        "0" * 17,
        "0" * 16 + "\n",
        "'; DROP TABLE run",
        "",
        None,
        5,
        ["0" * 16],
    ],
)
def test_only_run_ids_are_run_ids(value: object) -> None:
    assert run_parameter(value) is None


def test_a_run_id_is_one() -> None:
    assert run_parameter("0123456789abcdef") == "0123456789abcdef"


@pytest.mark.parametrize("value", ["x", "a" * 10_000, None, ["a"], "<script>"])
def test_only_what_is_offered_can_be_chosen(value: object) -> None:
    assert choice_parameter(value, ["a", "b"]) is None
    assert choice_parameter("a", ["a", "b"]) == "a"


@pytest.mark.parametrize("value", ["1.5", "1e3", "9" * 30, "x", "", None, "0x1"])
def test_only_whole_numbers_are_numbers(value: object) -> None:
    assert whole_parameter(value) is None
    assert whole_parameter("-12") == -12
