from pathlib import Path

import pytest

from emulators.chain.nodes import install, open_node
from emulators.chain.nodes import select as selection
from twin.errors import NodeError


def test_auto_takes_the_embedded_node_where_anvil_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selection, "find_anvil", lambda: None)
    assert open_node("auto", 1, []).name == "embedded"


def test_auto_takes_anvil_where_it_is_installed() -> None:
    if install.find_anvil() is None:
        pytest.skip("anvil is not installed (`make anvil` installs it)")
    with open_node("auto", 1, []) as node:
        assert node.name == "anvil"


def test_asking_for_anvil_where_it_is_missing_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selection, "find_anvil", lambda: None)
    with pytest.raises(NodeError, match="make anvil"):
        open_node("anvil", 1, [])


def test_a_named_binary_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    binary = tmp_path / "my-anvil"
    binary.touch()
    monkeypatch.setenv("TWIN_ANVIL", str(binary))
    assert install.find_anvil() == binary


def test_a_named_binary_that_is_not_there_is_named_in_the_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TWIN_ANVIL", "/nowhere/anvil")
    with pytest.raises(NodeError, match="/nowhere/anvil"):
        open_node("auto", 1, [])


def test_npms_launcher_on_the_path_leads_to_the_binary_behind_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    packages = tmp_path / "lib" / "node_modules" / "@foundry-rs"
    launcher = packages / "anvil" / "bin.mjs"
    binary = packages / "anvil-linux-amd64" / "bin" / "anvil"
    for file in (launcher, binary):
        file.parent.mkdir(parents=True)
        file.touch()
        file.chmod(0o755)
    on_path = tmp_path / "bin"
    on_path.mkdir()
    (on_path / "anvil").symlink_to(launcher)
    monkeypatch.delenv("TWIN_ANVIL", raising=False)
    monkeypatch.setenv("PATH", str(on_path))
    assert install.find_anvil() == binary


def test_a_binary_that_is_no_anvil_ends_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    impostor = tmp_path / "anvil"
    impostor.write_text("#!/bin/sh\necho 'cannot start' >&2\nexit 3\n")
    impostor.chmod(0o755)
    monkeypatch.setenv("TWIN_ANVIL", str(impostor))
    with pytest.raises(NodeError, match=r"status 3 \(cannot start\); install it with `make anvil`"):
        open_node("anvil", 1, [])


def test_a_file_that_cannot_be_executed_ends_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "anvil").touch()
    monkeypatch.setenv("TWIN_ANVIL", str(tmp_path / "anvil"))
    with pytest.raises(NodeError, match="make anvil"):
        open_node("anvil", 1, [])
