"""Power flow of the feeder in truth: voltages, loading and losses, by power-grid-model.

Loads draw constant power, the same on all three phases (symmetric calculation, as in SimBench).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.errors import PowerFlowError
from twin.feeder import Feeder
from twin.participants import Fleet
from twin.units import FloatArray, IntArray, power_w

STIFF_SOURCE_VA = 1e20
"""Short-circuit power of an ideal source [VA], as pandapower's `ext_grid` is."""
SYSTEM_FREQUENCY_HZ = 50.0
CLOCK_OF_VECTOR_GROUP = {"Dyn5": 5, "Dyn11": 11}


@dataclass(frozen=True)
class PowerFlowResult:
    """Results of one state of the feeder, or of several with `slots` as the first axis."""

    u_pu: FloatArray
    """Voltage per bus nominal voltage [p.u.], (…, b)."""
    line_loading_percent: FloatArray
    """The larger of the currents at both ends per rated current [%], (…, l)."""
    transformer_loading_percent: FloatArray
    """The larger of both windings' current per rated current [%], (…, t)."""
    line_loss_w: FloatArray
    """Losses of each line [W], (…, l)."""
    transformer_loss_w: FloatArray
    """Losses of each transformer, no-load losses included [W], (…, t)."""

    @property
    def loss_w(self) -> FloatArray:
        """Losses of the whole feeder [W], (…,)."""
        total: FloatArray = self.line_loss_w.sum(axis=-1) + self.transformer_loss_w.sum(axis=-1)
        return total


class PowerFlow:
    """The power flow of one feeder; the model is built once and serves any number of states."""

    def __init__(self, feeder: Feeder) -> None:
        from power_grid_model import PowerGridModel

        self._feeder = feeder
        self._loaded = np.delete(np.arange(feeder.buses), feeder.source_bus)
        self._model = PowerGridModel(_model_input(feeder, self._loaded), SYSTEM_FREQUENCY_HZ)

    def solve(
        self, active_w: FloatArray, reactive_var: FloatArray | None = None
    ) -> PowerFlowResult:
        """Voltages, loading and losses for the powers injected at the buses.

        `active_w` and `reactive_var` (none: 0) are injections, generation positive, of shape (b,)
        or (slots, b); what is given at the source's bus counts for nothing, since the source
        balances it. Raises PowerFlowError where no solution exists.
        """
        from power_grid_model import ComponentType, initialize_array
        from power_grid_model.errors import PowerGridError  # type: ignore[attr-defined]

        states = active_w.reshape(-1, self._feeder.buses)
        update = initialize_array("update", "sym_load", (len(states), len(self._loaded)))
        update["id"] = self._feeder.buses + self._loaded
        update["p_specified"] = -states[:, self._loaded]
        update["q_specified"] = 0.0
        if reactive_var is not None:
            update["q_specified"] = -reactive_var.reshape(states.shape)[:, self._loaded]
        try:
            result = self._model.calculate_power_flow(
                update_data={"sym_load": update},
                error_tolerance=1e-9,
                output_component_types={
                    ComponentType.node: ["u_pu"],
                    ComponentType.line: ["loading", "p_from", "p_to"],
                    ComponentType.transformer: ["i_from", "i_to", "p_from", "p_to"],
                },
            )
        except PowerGridError as failure:
            most = float(np.abs(states).sum(axis=1).max(initial=0.0)) / 1000
            raise PowerFlowError(
                f"the power flow of {self._feeder.name} has no solution: up to {most:.0f} kW at "
                f"its buses is more than its lines and transformers can carry; expected are fewer "
                f"or smaller loads and plants"
            ) from failure
        node, line = result[ComponentType.node], result[ComponentType.line]
        trafo = result[ComponentType.transformer]
        rated_from_a, rated_to_a = self._rated_currents_a
        per_unit = np.maximum(trafo["i_from"] / rated_from_a, trafo["i_to"] / rated_to_a)
        of_states = active_w.shape[:-1]
        return PowerFlowResult(
            u_pu=node["u_pu"].reshape(*of_states, -1),
            line_loading_percent=(100.0 * line["loading"]).reshape(*of_states, -1),
            transformer_loading_percent=(100.0 * per_unit).reshape(*of_states, -1),
            line_loss_w=(line["p_from"] + line["p_to"]).reshape(*of_states, -1),
            transformer_loss_w=(trafo["p_from"] + trafo["p_to"]).reshape(*of_states, -1),
        )

    @property
    def _rated_currents_a(self) -> tuple[FloatArray, FloatArray]:
        trafo = self._feeder.transformers
        rated_kva = 1000.0 * trafo.sn_mva / np.sqrt(3.0)
        return rated_kva / trafo.vn_hv_kv, rated_kva / trafo.vn_lv_kv


def bus_powers(
    buses: int, fleet: Fleet, load_mwh: IntArray, net_mwh: IntArray, slot_s: int
) -> tuple[FloatArray, FloatArray]:
    """Mean active [W] and reactive [var] power injected at each bus, (…, buses) each.

    Parameters, (…, n): `load_mwh` what the devices of each participant consume in a slot, `net_mwh`
    what its meter counts, import positive (with generation and battery). Consumption draws reactive
    power in the yearly ratio of its SimBench profiles (`Fleet.reactive_ratio`; SimBench's quarter
    hours of reactive power are not kept); PV and batteries run at cos φ = 1.
    """
    active = np.zeros((*net_mwh.shape[:-1], buses))
    reactive = np.zeros_like(active)
    np.add.at(active.T, fleet.bus, -power_w(net_mwh, slot_s).T)
    np.add.at(reactive.T, fleet.bus, -(power_w(load_mwh, slot_s) * fleet.reactive_ratio).T)
    return active, reactive


def _model_input(feeder: Feeder, loaded: IntArray) -> dict[str, object]:
    """power-grid-model's input: a load at every bus but the source's.

    Ids: buses 0 … b − 1, loads b + bus, then lines, transformers and the source.
    """
    from power_grid_model import BranchSide, LoadGenType, WindingType, initialize_array

    b, lines, trafo = feeder.buses, feeder.lines, feeder.transformers
    node = initialize_array("input", "node", b)
    node["id"], node["u_rated"] = np.arange(b), 1000.0 * feeder.bus_vn_kv

    load = initialize_array("input", "sym_load", len(loaded))
    load["id"], load["node"], load["status"] = b + loaded, loaded, 1
    load["type"], load["p_specified"], load["q_specified"] = LoadGenType.const_power, 0.0, 0.0

    line = initialize_array("input", "line", lines)
    line["id"] = 2 * b + np.arange(lines)
    line["from_node"], line["to_node"] = feeder.line_from, feeder.line_to
    line["from_status"], line["to_status"] = 1, 1
    line["r1"], line["x1"] = feeder.line_r_ohm, feeder.line_x_ohm
    line["c1"], line["tan1"] = 1e-9 * feeder.line_c_nf, 0.0
    line["i_n"] = feeder.line_i_max_a

    transformer = initialize_array("input", "transformer", len(trafo.name))
    transformer["id"] = 2 * b + lines + np.arange(len(trafo.name))
    transformer["from_node"], transformer["to_node"] = trafo.from_bus, trafo.to_bus
    transformer["from_status"], transformer["to_status"] = 1, 1
    transformer["u1"], transformer["u2"] = 1000.0 * trafo.vn_hv_kv, 1000.0 * trafo.vn_lv_kv
    transformer["sn"], transformer["uk"] = 1e6 * trafo.sn_mva, trafo.vk_percent / 100
    transformer["pk"] = 1e4 * trafo.sn_mva * trafo.vkr_percent
    transformer["i0"], transformer["p0"] = trafo.i0_percent / 100, 1000.0 * trafo.pfe_kw
    transformer["winding_from"], transformer["winding_to"] = WindingType.delta, WindingType.wye_n
    transformer["clock"] = [CLOCK_OF_VECTOR_GROUP[group] for group in trafo.vector_group]
    transformer["tap_side"], transformer["tap_pos"] = BranchSide.from_side, trafo.tap_pos
    transformer["tap_min"], transformer["tap_max"] = trafo.tap_min, trafo.tap_max
    transformer["tap_nom"] = trafo.tap_neutral
    transformer["tap_size"] = 10.0 * trafo.vn_hv_kv * trafo.tap_step_percent

    source = initialize_array("input", "source", 1)
    source["id"] = 2 * b + lines + len(trafo.name)
    source["node"], source["status"] = feeder.source_bus, 1
    source["u_ref"], source["sk"] = feeder.source_u_pu, STIFF_SOURCE_VA
    return {
        "node": node,
        "sym_load": load,
        "line": line,
        "transformer": transformer,
        "source": source,
    }
