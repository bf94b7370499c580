"""The status quo and the registers, and the market's course where all is foreseen."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from twin.assets import Batteries, step
from twin.status_quo import register_wh, run_status_quo
from twin.units import IntArray

SLOTS, N = 24, 3
courses = arrays(np.int64, (SLOTS, N), elements=st.integers(0, 900_000))
starts = arrays(np.int64, (N,), elements=st.integers(0, 10**9))
BATTERIES = Batteries(
    capacity_mwh=np.array([0, 2_000_000, 500_000]),
    power_limit_mwh=np.array([0, 250_000, 400_000]),
    charge_efficiency_permille=np.array([1000, 950, 900]),
    discharge_efficiency_permille=np.array([1000, 950, 1000]),
)
HALF = BATTERIES.capacity_mwh // 2


@given(courses, courses)
def test_energy_of_every_slot_closes(load: IntArray, generation: IntArray) -> None:
    done = run_status_quo(load, generation, BATTERIES, HALF)
    assert (done.net_mwh == load - generation + done.battery_mwh).all()
    soc = np.vstack([HALF, done.soc_mwh])
    for slot in range(SLOTS):
        assert (BATTERIES.charged(soc[slot], done.battery_mwh[slot]) == soc[slot + 1]).all()


@given(courses, courses)
def test_a_battery_never_feeds_the_grid_nor_charges_from_it(
    load: IntArray, generation: IntArray
) -> None:
    done = run_status_quo(load, generation, BATTERIES, HALF)
    natural = load - generation
    assert (np.abs(done.net_mwh) <= np.abs(natural)).all()
    assert (done.net_mwh * natural >= 0).all()


@settings(max_examples=50)
@given(courses, courses, starts, starts)
def test_a_perfectly_foreseen_market_runs_as_the_status_quo_to_the_mwh(
    load: IntArray, generation: IntArray, imported: IntArray, exported: IntArray
) -> None:
    done = run_status_quo(load, generation, BATTERIES, HALF)
    committed_wh = register_wh(done.net_mwh, imported, exported).net_wh
    soc = HALF
    for slot in range(SLOTS):
        natural = load[slot] - generation[slot]
        battery_mwh, soc = step(BATTERIES, soc, natural, committed_wh[slot])
        assert (battery_mwh == done.battery_mwh[slot]).all()
        assert (soc == done.soc_mwh[slot]).all()


@given(courses, courses, starts, starts)
def test_registers_never_lose_energy(
    load: IntArray, generation: IntArray, imported: IntArray, exported: IntArray
) -> None:
    net = load - generation
    shown = register_wh(net, imported, exported)
    assert (np.diff(shown.import_wh, axis=0) >= 0).all()
    assert (np.diff(shown.export_wh, axis=0) >= 0).all()
    assert (shown.import_wh[-1] == (imported + np.maximum(net, 0).sum(axis=0)) // 1000).all()
    assert (shown.export_wh[-1] == (exported + np.maximum(-net, 0).sum(axis=0)) // 1000).all()
    # A slot's position is the register's resolution, 1 Wh, away from the truth at most.
    assert (np.abs(shown.net_wh * 1000 - net) < 1000).all()
