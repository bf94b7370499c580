"""The power flow is held to pandapower on every grid and variant: 10⁻⁵ p.u."""

import warnings
from typing import Any, get_args

import numpy as np
import pytest

from twin.errors import PowerFlowError
from twin.feeder import Feeder
from twin.participants import build_fleet
from twin.power_flow import PowerFlow, PowerFlowResult, bus_powers
from twin.profiles import build_profiles
from twin.scenario import Neighbourhood, Scenario
from twin.scenario.neighbourhood import GridName
from twin.simbench import load_grid

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pandas and numba warn at pandapower's import
    import pandapower


def pandapower_net(feeder: Feeder) -> Any:
    """The feeder as a pandapower net with a load at every bus."""
    net = pandapower.create_empty_network(f_hz=50.0)
    for bus in range(feeder.buses):
        pandapower.create_bus(net, vn_kv=feeder.bus_vn_kv[bus])
        pandapower.create_load(net, bus, p_mw=0.0, q_mvar=0.0)
    pandapower.create_ext_grid(net, int(feeder.source_bus[0]), vm_pu=feeder.source_u_pu[0])
    for line in range(feeder.lines):
        km = feeder.line_length_km[line]
        pandapower.create_line_from_parameters(
            net,
            feeder.line_from[line],
            feeder.line_to[line],
            length_km=km,
            r_ohm_per_km=feeder.line_r_ohm[line] / km,
            x_ohm_per_km=feeder.line_x_ohm[line] / km,
            c_nf_per_km=feeder.line_c_nf[line] / km,
            max_i_ka=feeder.line_i_max_a[line] / 1000,
        )
    trafo = feeder.transformers
    for t in range(len(trafo.name)):
        pandapower.create_transformer_from_parameters(
            net,
            trafo.from_bus[t],
            trafo.to_bus[t],
            sn_mva=trafo.sn_mva[t],
            vn_hv_kv=trafo.vn_hv_kv[t],
            vn_lv_kv=trafo.vn_lv_kv[t],
            vkr_percent=trafo.vkr_percent[t],
            vk_percent=trafo.vk_percent[t],
            pfe_kw=trafo.pfe_kw[t],
            i0_percent=trafo.i0_percent[t],
            shift_degree=trafo.shift_degree[t],
            vector_group=trafo.vector_group[t],
            tap_side="hv",
            tap_neutral=trafo.tap_neutral[t],
            tap_min=trafo.tap_min[t],
            tap_max=trafo.tap_max[t],
            tap_step_percent=trafo.tap_step_percent[t],
            tap_pos=trafo.tap_pos[t],
            tap_changer_type="Ratio",
        )
    return net


def assert_agrees_with_pandapower(
    net: Any, result: PowerFlowResult, active_w: np.ndarray, reactive_var: np.ndarray
) -> None:
    """One state: 10⁻⁵ p.u. of voltage, 0.01 points of loading, 2 W or 0.1 % of losses."""
    net.load["p_mw"], net.load["q_mvar"] = -active_w / 1e6, -reactive_var / 1e6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pandapower.runpp(net, calculate_voltage_angles=True, numba=False, tolerance_mva=1e-9)
    np.testing.assert_allclose(result.u_pu, net.res_bus.vm_pu, rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        result.line_loading_percent, net.res_line.loading_percent, rtol=0, atol=0.01
    )
    np.testing.assert_allclose(
        result.transformer_loading_percent, net.res_trafo.loading_percent, rtol=0, atol=0.01
    )
    loss_w = 1e6 * (net.res_line.pl_mw.sum() + net.res_trafo.pl_mw.sum())
    assert result.loss_w == pytest.approx(loss_w, rel=1e-3, abs=2.0)


def powers_of_a_day(grid_name: GridName, variant: Any, equipment: Any) -> tuple[Any, Any, Any]:
    """Feeder and injections of four moments of a June day."""
    scenario = Scenario(
        name="day",
        neighbourhood=Neighbourhood(grid=grid_name, variant=variant, equipment=equipment),
    )
    grid = load_grid(grid_name, variant)
    fleet = build_fleet(grid, scenario, seed=1)
    load, generation = build_profiles(grid, fleet, scenario, 1, 0, 96)
    moments = [12, 32, 52, 80]
    load, net = load[moments], (load - generation)[moments]
    return grid.feeder, *bus_powers(grid.feeder.buses, fleet, load, net, 900)


@pytest.mark.parametrize("variant", ["today", "far_future"])
@pytest.mark.parametrize("grid_name", get_args(GridName))
def test_agrees_with_pandapower(grid_name: GridName, variant: Any) -> None:
    feeder, active, reactive = powers_of_a_day(grid_name, variant, "simbench")
    net = pandapower_net(feeder)
    for moment in (0, 2):
        result = PowerFlow(feeder).solve(active[moment], reactive[moment])
        assert_agrees_with_pandapower(net, result, active[moment], reactive[moment])


def test_agrees_with_pandapower_under_heavy_load_and_on_two_transformers() -> None:
    feeder = load_grid("1-LV-semiurb4", "today", participants=60).feeder
    active = np.linspace(-9000.0, 6000.0, feeder.buses)
    reactive = np.linspace(-2500.0, 500.0, feeder.buses)
    active[feeder.source_bus] = reactive[feeder.source_bus] = 0.0
    result = PowerFlow(feeder).solve(active, reactive)
    assert result.u_pu.min() < 0.99
    assert_agrees_with_pandapower(pandapower_net(feeder), result, active, reactive)


def test_many_slots_at_once_are_the_single_slots() -> None:
    feeder, active, reactive = powers_of_a_day("1-LV-semiurb4", "today", "shares")
    flow = PowerFlow(feeder)
    together = flow.solve(active, reactive)
    assert together.u_pu.shape == (4, feeder.buses)
    assert together.loss_w.shape == (4,)
    for moment in range(4):
        alone = flow.solve(active[moment], reactive[moment])
        np.testing.assert_array_equal(alone.u_pu, together.u_pu[moment])
        np.testing.assert_array_equal(alone.line_loss_w, together.line_loss_w[moment])


def test_losses_are_what_the_source_delivers_beyond_the_loads() -> None:
    feeder, active, _ = powers_of_a_day("1-LV-semiurb4", "today", "shares")
    with_load = PowerFlow(feeder).solve(active)
    without = PowerFlow(feeder).solve(np.zeros(feeder.buses))
    iron_w = 1000.0 * feeder.transformers.pfe_kw.sum() * feeder.source_u_pu[0] ** 2
    assert without.loss_w == pytest.approx(iron_w, rel=0.01)
    assert (with_load.loss_w > without.loss_w).all()


def test_reactive_power_is_drawn_by_consumption_alone() -> None:
    grid = load_grid("1-LV-semiurb4", "today")
    fleet = build_fleet(grid, Scenario(name="x"), seed=1)
    load = np.full(len(fleet), 250_000)
    active, reactive = bus_powers(grid.feeder.buses, fleet, load, load - 500_000, 900)
    assert active.sum() == pytest.approx(1000.0 * len(fleet))
    assert reactive.sum() == pytest.approx(-1000.0 * fleet.reactive_ratio.sum())


def test_an_impossible_load_is_a_power_flow_error() -> None:
    feeder = load_grid("1-LV-semiurb4", "today").feeder
    with pytest.raises(PowerFlowError, match="1-LV-semiurb4 has no solution"):
        PowerFlow(feeder).solve(np.full(feeder.buses, -1e6))
