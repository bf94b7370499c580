"""Figures hold the numbers of their tables, in the colours of the house."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from dashboards.figures.comparison import comparison
from dashboards.figures.cost_by_role import cost_by_role
from dashboards.figures.coverage import coverage
from dashboards.figures.energy_sankey import energy_sankey
from dashboards.figures.factory import CONFIG, Drawing, blank, graph
from dashboards.figures.failures import failures
from dashboards.figures.funnel import funnel
from dashboards.figures.gains import gains
from dashboards.figures.gate import gate
from dashboards.figures.outcomes import outcomes
from dashboards.palette import CONSENSUS, OUTCOMES, ROLES
from dashboards.queries.compare import Compared, Point
from dashboards.queries.overview import Flow, RoleSums, energy_flows
from dashboards.queries.settlement import Commit, Failure, Step

NOON = datetime(2016, 6, 15, 12)


def sums() -> RoleSums:
    """Two consumers and a prosumer; the prosumer sells 300 of 1000 Wh inside the microgrid."""
    none = np.zeros(4, np.int64)
    return RoleSums(
        members=np.array([2, 1, 0, 0]),
        load_wh=np.array([800, 400, 0, 0]),
        generation_wh=np.array([0, 1000, 0, 0]),
        bought_wh=np.array([none, [310, 0, 0, 0], none]),
        neighbours_wh=np.array([none, [300, 0, 0, 0], none]),
        sold_wh=np.array([none, [0, 300, 0, 0], none]),
        bought_lpd_wh=np.array([490, 100, 0, 0]),
        sold_lpd_wh=np.array([0, 400, 0, 0]),
        status_quo_import_wh=np.array([800, 100, 0, 0]),
        status_quo_neur=np.array([240, -20, 0, 0]) * 1_000_000,
        market_neur=np.array([200, -60, 0, 0]) * 1_000_000,
    )


def test_a_sankey_has_a_link_per_flow_and_roles_in_their_colours() -> None:
    flows = energy_flows(sums(), np.array([0, 10, 0]), np.zeros(3, np.int64))
    (trace,) = energy_sankey(flows).figure.data
    labels = list(trace.node.label)
    assert len(trace.link.value) == len(flows)
    assert max(trace.link.value) == pytest.approx(0.49)  # kWh
    consumer = next(i for i, label in enumerate(labels) if label.startswith("Consumers consumed"))
    assert trace.node.color[consumer] == ROLES["consumer"]
    assert min(trace.node.y) > 0
    assert max(trace.node.y) < 1


def test_a_sankey_of_nothing_is_empty() -> None:
    (trace,) = energy_sankey([]).figure.data
    assert len(trace.node.label) == 0


def test_a_sankey_keeps_nodes_of_a_column_apart() -> None:
    flows = [Flow("from the LPD", f"{role}: consumed", 1000, "lpd") for role in ROLES]
    (trace,) = energy_sankey(flows).figure.data
    right = sorted(y for x, y in zip(trace.node.x, trace.node.y, strict=True) if x > 0.9)
    assert np.diff(right).min() > 0.2


def test_coverage_adds_up_to_all_consumption() -> None:
    figure = coverage(sums()).figure
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert np.sum([trace.x for trace in bars], axis=0) == pytest.approx(100)
    assert list(bars[0].y) == ["Consumers (2)", "Prosumers (1)", "All (3)"]
    marks = next(trace for trace in figure.data if trace.type == "scatter")
    assert marks.x[1] == pytest.approx(75)


def test_cost_goes_from_ring_to_dot() -> None:
    figure = cost_by_role(sums()).figure
    consumer = figure.data[0]
    assert list(consumer.x) == pytest.approx([12, 10])
    assert list(consumer.marker.symbol) == ["circle-open", "circle"]


def test_gains_keep_sign_and_zero() -> None:
    (bars,) = gains({"consumer": 5 * 10**9, "dso": -5 * 10**9, "state": 0}).figure.data
    assert list(bars.x) == [5, -5]
    assert list(bars.text) == ["+5.00", "−5.00"]


def test_gains_of_nobody_are_drawn_all_the_same() -> None:
    assert len(gains({}).figure.data[0].x) == 0


def test_the_funnel_starts_with_offers() -> None:
    steps = [Step("A", "offered", 5, 2000), Step("G", "kept by both sides", 3, 500)]
    (bars,) = funnel(steps).figure.data
    assert list(bars.x) == [2.0, 0.5]
    assert bars.marker.color[1] == OUTCOMES["kept"]


def test_outcomes_are_stacked_in_their_colours() -> None:
    times = [NOON, NOON, NOON + timedelta(minutes=15)]
    drawing = outcomes(times, ["kept", "missed_the_gate", "kept"], [1500, 500, 3000], 900)
    by_name = {trace.name: trace for trace in drawing.figure.data}
    assert list(by_name["kept"].y) == [1.5, 3.0]
    assert by_name["missed the gate"].marker.color == OUTCOMES["missed_the_gate"]
    assert [key.label for key in drawing.keys] == ["kept", "missed the gate"]


def test_the_gate_shows_commits_before_and_after_it() -> None:
    commits = [Commit(0, True, -90_000), Commit(1, False, 30_000)]
    drawing = gate([NOON, NOON], commits, [NOON])
    accepted, refused, unsent = drawing.figure.data
    assert (accepted.y[0], refused.y[0], unsent.y[0]) == (-90.0, 30.0, 0.0)
    assert len(drawing.keys) == 3


def test_failures_are_split_by_what_was_paid_for() -> None:
    drawing = failures([Failure("prosumer", 3 * 10**9, 0, 10**9)])
    assert [trace.x[0] for trace in drawing.figure.data] == [3.0, 1.0]


def compared(axis: str, *points: Point, lines: str | None = None) -> Compared:
    return Compared("contracts", "count", "executed", "", axis, lines, points, (), (1, 2))


def test_a_comparison_draws_every_run_and_its_range() -> None:
    found = compared("microgrids.size", Point("10", "", (4.0, 6.0)), Point("2", "", (1.0, 3.0)))
    runs, mean = comparison(found).figure.data
    assert sorted(runs.y) == [1, 3, 4, 6]
    assert list(mean.y) == [5, 2]
    assert list(mean.error_y.array) == [1, 1]
    assert mean.mode == "lines+markers"


def test_words_along_an_axis_are_not_joined_and_consensus_has_its_colours() -> None:
    found = compared("ledger.consensus", Point("poa", "", (1.0,)), Point("pos", "", (2.0,)))
    _, mean = comparison(found).figure.data
    assert mean.mode == "markers"
    assert list(mean.marker.color) == [CONSENSUS["poa"], CONSENSUS["pos"]]


def test_lines_are_named_above_the_figure() -> None:
    found = compared(
        "microgrids.size",
        Point("2", "poa", (1.0,)),
        Point("2", "pos", (2.0,)),
        lines="ledger.consensus",
    )
    drawing = comparison(found)
    assert drawing.heading == "Consensus"
    assert [key.label for key in drawing.keys] == ["PoA", "PoS (Gasper)"]


def test_every_axis_with_numbers_has_its_unit() -> None:
    drawings = [
        (coverage(sums()), "x"),
        (cost_by_role(sums()), "x"),
        (gains({"dso": 10**9}), "x"),
        (funnel([Step("A", "offered", 1, 10)]), "x"),
        (outcomes([NOON], ["kept"], [10], 900), "y"),
        (gate([NOON], [Commit(0, True, -5)], []), "y"),
        (failures([Failure("consumer", 1, 1, 1)]), "x"),
        (comparison(compared("microgrids.size", Point("2", "", (1.0,)))), "y"),
    ]
    for drawing, axis in drawings:
        title = drawing.figure.layout[f"{axis}axis"].title.text
        assert title.endswith("]"), title


def test_no_graph_offers_to_send_data_anywhere() -> None:
    assert CONFIG["showSendToCloud"] is False
    assert CONFIG["displaylogo"] is False
    assert "http" not in str(graph("x", Drawing(blank(100)), "a figure"))
