"""The dashboard in a real browser, over real runs."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests, so that scripts are fetched and compiled once."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture(autouse=True)
def quiet(page: Page, dashboard: str, empty_dashboard: str) -> Iterator[None]:
    """No error on the console, no failed answer, and no request to another host."""
    troubles: list[str] = []
    ours = (dashboard, empty_dashboard, "data:", "blob:", "about:")

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            troubles.append(f"console: {message.text}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: troubles.append(f"page: {error}"))
    page.on("requestfailed", lambda r: troubles.append(f"failed: {r.url} {r.failure}"))
    page.on(
        "request", lambda r: None if r.url.startswith(ours) else troubles.append(f"leaves: {r.url}")
    )
    page.on(
        "response", lambda r: troubles.append(f"{r.status}: {r.url}") if r.status >= 400 else None
    )
    yield
    assert troubles == []


def opened(page: Page, address: str, graphs: int) -> None:
    """Go there and wait until all graphs are drawn."""
    page.goto(address)
    expect(page.locator(".js-plotly-plot .main-svg:first-of-type").first).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(graphs)


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_the_overview_opens_on_the_newest_run(page: Page, dashboard: str) -> None:
    opened(page, dashboard, 4)
    expect(page.locator("h1")).to_have_text("What does trading with neighbours change?")
    expect(page.locator(".number")).to_have_count(5)
    page.get_by_text("indicators of this run").click()
    expect(page.get_by_text("Agreements made by the auction house")).to_be_visible()


def test_why_opens_an_explanation_by_keyboard(page: Page, dashboard: str) -> None:
    opened(page, dashboard, 4)
    page.get_by_role("button", name="Why? About: Self-sufficiency", exact=True).press("Enter")
    expect(page.get_by_text("Paper: arXiv 2003.07940")).to_be_visible()
    expect(page.get_by_text("twin/indicators/energy.py")).to_be_visible()


def test_another_run_is_chosen_and_stays_in_the_address(
    page: Page, dashboard: str, poa_run: str
) -> None:
    opened(page, f"{dashboard}/", 4)
    page.get_by_role("textbox", name="Run").or_(page.get_by_role("combobox", name="Run")).click()
    page.get_by_role("option").filter(has_text=poa_run[:6]).click()
    expect(page.locator(".run-line")).to_contain_text(poa_run)
    assert parameters(page)["run"] == [poa_run]
    page.get_by_role("link", name="Settlement").click()
    expect(page.locator("h1")).to_contain_text("What became of the agreements")
    assert parameters(page)["run"] == [poa_run]
    page.go_back()
    expect(page.locator("h1")).to_contain_text("What does trading")
    expect(page.locator(".run-line")).to_contain_text(poa_run)


def test_a_contract_is_followed_from_order_to_final_block(
    page: Page, dashboard: str, poa_run: str
) -> None:
    opened(page, f"{dashboard}/settlement?run={poa_run}", 4)
    row = page.locator(".ag-center-cols-container .ag-row").nth(2)
    identity = row.get_attribute("row-id") or ""
    slot, agreement = identity.split("-")
    story = page.locator("#story")
    where = f"slot {slot}, agreement {agreement},"
    row.click()
    expect(story).to_contain_text(where)
    for step in ("A  Offer", "B  Request", "C–E  Terms", "F  Commit", "G  Readings", "G  Final"):
        expect(story).to_contain_text(step)
    expect(story).to_contain_text("signature 0x")
    expect(story).to_contain_text("gas for")
    expect(story).to_contain_text("Final")
    sums = story.locator("tfoot th")
    assert sums.nth(1).inner_text() == sums.nth(2).inner_text() != ""
    assert parameters(page)["slot"] == [slot]
    assert parameters(page)["agreement"] == [agreement]
    page.reload()
    expect(page.locator("#story")).to_contain_text(where)


def test_agreements_are_narrowed_down_by_outcome(page: Page, dashboard: str, poa_run: str) -> None:
    opened(page, f"{dashboard}/settlement?run={poa_run}&status=compensated", 4)
    expect(page.locator(".ag-center-cols-container .ag-row").first).to_be_visible()
    cells = page.locator(".ag-center-cols-container [col-id='status']").all_inner_texts()
    assert set(cells) == {"compensated"}


def test_the_comparison_follows_its_controls(page: Page, dashboard: str) -> None:
    opened(page, f"{dashboard}/compare", 1)
    expect(page.locator("main")).to_contain_text("3 of 4 runs finished")
    indicator = page.get_by_role("combobox", name="Indicator").or_(
        page.get_by_role("textbox", name="Indicator")
    )
    indicator.click()
    page.get_by_role("option", name="Self-sufficiency", exact=True).click()
    expect(page.locator("h2").first).to_contain_text("Self-sufficiency:")
    assert parameters(page)["indicator"] == ["self_sufficiency"]
    page.get_by_role("link", name="open a run").first.click()
    expect(page.locator("h1")).to_contain_text("What does trading")


def test_the_dark_is_remembered(page: Page, dashboard: str) -> None:
    opened(page, dashboard, 4)
    page.get_by_role("button", name="Switch between light and dark colours").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.get_by_role("button", name="Switch between light and dark colours").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")


@pytest.mark.parametrize("path", ["/", "/settlement", "/compare"])
def test_an_empty_folder_says_what_to_run(page: Page, empty_dashboard: str, path: str) -> None:
    page.goto(empty_dashboard + path)
    expect(page.locator("#empty")).to_contain_text("twin demo")
    page.get_by_role("button", name="Copy").click()


def test_script_in_an_address_or_a_scenario_stays_text(
    page: Page, dashboard: str, poa_run: str
) -> None:
    page.goto(f"{dashboard}/?run=%3Cscript%3Ewindow.broken%3Dtrue%3C/script%3E")
    expect(page.locator("#empty")).to_contain_text("No such run")
    opened(page, f"{dashboard}/?run={poa_run}", 4)
    assert page.evaluate("window.broken") is None


@pytest.mark.parametrize("path", ["/", "/settlement", "/compare"])
def test_nothing_is_wider_than_the_window(page: Page, dashboard: str, path: str) -> None:
    opened(page, dashboard + path, 1 if path == "/compare" else 4)
    for width, height in ((1280, 800), (1920, 1080), (800, 1000)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")


def test_pictures_of_all_pages_are_taken(
    browser: Browser, dashboard: str, poa_run: str, screenshots: ModuleType, tmp_path: Path
) -> None:
    taken = screenshots.take(browser, dashboard, poa_run, tmp_path / "images")
    assert len(taken) == len(screenshots.SHOTS) * len(screenshots.SIZES)
    assert all(file.stat().st_size > 10_000 for file in taken)
