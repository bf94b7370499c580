"""The app over HTTP: what it answers, and what it refuses to take from an address."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import Client, TestResponse

from dashboards.app import create_app


@pytest.fixture(scope="module")
def client(runs_dir: Path) -> Client:
    answer: Client = create_app(runs_dir).server.test_client()
    return answer


def visit(client: Client, path: str, search: str = "") -> str:
    """What the router answers for an address, as text."""
    layout = client.get("/_dash-dependencies").get_json()
    router = next(d for d in layout if "_pages_content" in d["output"])
    body: dict[str, Any] = {
        "output": router["output"],
        "outputs": [
            {"id": "_pages_content", "property": "children"},
            {"id": "_pages_store", "property": "data"},
        ],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": search},
        ],
        "changedPropIds": ["_pages_location.pathname"],
    }
    answer: TestResponse = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    return json.dumps(answer.get_json(), ensure_ascii=False)


@pytest.mark.parametrize("path", ["/", "/settlement", "/compare"])
def test_every_page_answers_with_its_question(client: Client, path: str) -> None:
    assert '"className": "question"' in visit(client, path)


@pytest.mark.parametrize("path", ["/", "/settlement"])
@pytest.mark.parametrize(
    "run", ["../../etc/passwd", "<script>alert(1)</script>", "' OR 1=1 --", "x" * 5000, "f" * 16]
)
def test_what_is_no_run_is_said_and_not_looked_for(client: Client, path: str, run: str) -> None:
    page = visit(client, path, f"?run={quote(run)}")
    assert "No such run" in page
    assert "root:" not in page
    assert run not in page or len(run) <= 40


@pytest.mark.parametrize(
    "search",
    [
        "?sweep=../x&axis=a;b&indicator=%27;DROP&lines=__class__",
        "?axis=" + "y" * 3000,
        "?sweep=street&sweep=street&run=../..",
    ],
)
def test_odd_parameters_of_a_comparison_are_not_looked_at(client: Client, search: str) -> None:
    assert '"className": "question"' in visit(client, "/compare", search)


@pytest.mark.parametrize(
    "search", ["?slot=1e9&agreement=-1", "?slot=99999&agreement=7", "?status=x"]
)
def test_odd_parameters_of_a_settlement_are_not_looked_at(client: Client, search: str) -> None:
    assert '"className": "question"' in visit(client, "/settlement", search)


def test_an_unknown_page_is_said(client: Client) -> None:
    assert "404" in visit(client, "/etc/passwd")


@pytest.mark.parametrize(
    "path", ["/assets/../app.py", "/assets/%2e%2e/app.py", "/assets//etc/passwd"]
)
def test_assets_are_assets_alone(client: Client, path: str) -> None:
    answer = client.get(path)
    assert b"create_app" not in answer.data
    assert b"root:" not in answer.data


def test_nothing_may_come_from_elsewhere(client: Client) -> None:
    answer = client.get("/")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text


def test_a_folder_without_runs_says_what_to_run(tmp_path: Path) -> None:
    client = create_app(tmp_path / "nowhere").server.test_client()
    assert "twin demo" in visit(client, "/")
    assert "twin demo" in visit(client, "/settlement")
    assert "twin demo" in visit(client, "/compare")


def test_runs_that_do_not_differ_say_what_to_run(
    runs_dir: Path, poa_run: str, tmp_path: Path
) -> None:
    (tmp_path / poa_run).symlink_to(runs_dir / poa_run)
    client = create_app(tmp_path).server.test_client()
    assert "twin sweep compare" in visit(client, "/compare")


def test_a_run_whose_file_is_damaged_says_so(runs_dir: Path, poa_run: str, tmp_path: Path) -> None:
    folder = tmp_path / poa_run
    folder.mkdir()
    for file in (runs_dir / poa_run).iterdir():
        content = file.read_bytes()
        broken = file.name == "participant.parquet"
        (folder / file.name).write_bytes(b"x" * len(content) if broken else content)
    client = create_app(tmp_path).server.test_client()
    assert "This run cannot be read" in visit(client, "/")


def test_the_story_of_an_agreement_is_told_on_request(client: Client, poa_run: str) -> None:
    dependencies = client.get("/_dash-dependencies").get_json()
    follow = next(d for d in dependencies if "story.children" in d["output"])

    def ask(identity: str, run: str) -> TestResponse:
        body = {
            "output": follow["output"],
            "outputs": [
                {"id": "story", "property": "children"},
                {"id": "story-chosen", "property": "data"},
            ],
            "inputs": [
                {"id": "agreements", "property": "selectedRows", "value": [{"id": identity}]}
            ],
            "state": [
                {"id": "story-chosen", "property": "data", "value": "none"},
                {"id": "story-run", "property": "data", "value": run},
            ],
            "changedPropIds": ["agreements.selectedRows"],
        }
        answer: TestResponse = client.post("/_dash-update-component", json=body)
        return answer

    assert "no such agreement" in ask("9999-0", poa_run).text
    for identity, run in (("1-0; DROP TABLE", poa_run), ("1-0", "../../etc"), ("1-x", poa_run)):
        assert "children" not in ask(identity, run).text
