"""The feeder: a radial low-voltage network as arrays, its tree, and distances along it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Final

import numpy as np

from twin.errors import GridDataError
from twin.units import FloatArray, IntArray

NANOKM_PER_KM: Final = 1_000_000_000
"""Lengths are summed as integers of 10⁻⁹ km, so that a path is as long in both directions."""


@dataclass(frozen=True)
class Transformers:
    """Two-winding transformers, every array of shape (t,); the tap is on the `from` (MV) side."""

    name: tuple[str, ...]
    vector_group: tuple[str, ...]
    from_bus: IntArray
    to_bus: IntArray
    sn_mva: FloatArray
    vn_hv_kv: FloatArray
    vn_lv_kv: FloatArray
    vk_percent: FloatArray
    vkr_percent: FloatArray
    pfe_kw: FloatArray
    i0_percent: FloatArray
    shift_degree: FloatArray
    tap_pos: IntArray
    tap_neutral: IntArray
    tap_min: IntArray
    tap_max: IntArray
    tap_step_percent: FloatArray


@dataclass(frozen=True)
class Feeder:
    """One or more radial networks of b buses, l lines and t transformers on one source.

    `parent`, `parent_line` and `walk` follow from the branches (`Feeder.radial` fills them in).
    """

    name: str
    bus_name: tuple[str, ...]
    bus_vn_kv: FloatArray
    """Nominal voltage, line to line [kV], (b,)."""
    x_m: FloatArray
    """Position east of the (first) transformer's low-voltage bus [m], (b,), for drawing."""
    y_m: FloatArray
    """Position north of it [m], (b,)."""
    line_name: tuple[str, ...]
    line_from: IntArray
    line_to: IntArray
    line_length_km: FloatArray
    line_r_ohm: FloatArray
    """Resistance of the whole line [Ω], (l,)."""
    line_x_ohm: FloatArray
    line_c_nf: FloatArray
    line_i_max_a: FloatArray
    transformers: Transformers
    source_bus: IntArray
    """The bus of the slack, shape (1,)."""
    source_u_pu: FloatArray
    """Its voltage [p.u.], shape (1,)."""
    parent: IntArray
    """Next bus towards the source, (b,); −1 at the source."""
    parent_line: IntArray
    """The line to it, (b,); −1 where the branch is a transformer, and at the source."""
    walk: IntArray
    """All buses depth first from the source, the children of a bus by their index, (b,)."""

    @classmethod
    def radial(cls, **arrays: object) -> Feeder:
        """A feeder from every field but `parent`, `parent_line` and `walk`.

        Raises GridDataError where the branches form no tree that hangs on the source.
        """
        nothing = np.empty(0, dtype=np.int64)
        loose = cls(**arrays, parent=nothing, parent_line=nothing, walk=nothing)  # type: ignore[arg-type]
        parent, parent_line, walk = _depth_first(loose)
        return replace(loose, parent=parent, parent_line=parent_line, walk=walk)

    @property
    def buses(self) -> int:
        return len(self.bus_name)

    @property
    def lines(self) -> int:
        return len(self.line_name)

    @cached_property
    def walk_position(self) -> IntArray:
        """Where each bus stands in `walk`, (b,)."""
        position = np.empty(self.buses, dtype=np.int64)
        position[self.walk] = np.arange(self.buses)
        return position

    @cached_property
    def transformer(self) -> IntArray:
        """The transformer that feeds each bus, (b,); −1 on the source's side."""
        feeding = np.full(self.buses, -1, dtype=np.int64)
        of_bus = {int(bus): number for number, bus in enumerate(self.transformers.to_bus)}
        for bus in self.walk[1:].tolist():
            feeding[bus] = of_bus.get(bus, feeding[self.parent[bus]])
        return feeding

    @cached_property
    def _depths(self) -> tuple[IntArray, IntArray]:
        """Line length [10⁻⁹ km] and transformers from the source to each bus, (b,) each."""
        own_length = np.zeros(self.buses, dtype=np.int64)
        with_line = self.parent_line >= 0
        length = np.rint(self.line_length_km * NANOKM_PER_KM).astype(np.int64)
        own_length[with_line] = length[self.parent_line[with_line]]
        own_transformer = ((self.parent >= 0) & ~with_line).astype(np.int64)
        for bus in self.walk[1:].tolist():
            own_length[bus] += own_length[self.parent[bus]]
            own_transformer[bus] += own_transformer[self.parent[bus]]
        return own_length, own_transformer

    def path(self, a: int, b: int) -> IntArray:
        """Indices of the lines on the path from bus a to bus b, in that order."""
        position = self.walk_position
        up: list[int] = []
        down: list[int] = []
        # A bus stands behind its parent in the walk: climb from whichever stands further back.
        while a != b:
            if position[a] > position[b]:
                up.append(int(self.parent_line[a]))
                a = int(self.parent[a])
            else:
                down.append(int(self.parent_line[b]))
                b = int(self.parent[b])
        return np.array([line for line in up + down[::-1] if line >= 0], dtype=np.int64)

    def distances(self, buses: IntArray) -> tuple[FloatArray, IntArray]:
        """Line length [km] and number of transformers on the paths between all pairs of `buses`.

        Both of shape (n, n), symmetric; 0 where both buses are the same.
        """
        order = np.argsort(self.walk_position[buses], kind="stable")
        ranked = buses[order]
        meeting = self.walk[_meeting_positions(self, ranked)]
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        km, transformers = (
            (depth[ranked][:, None] + depth[ranked] - 2 * depth[meeting])[np.ix_(back, back)]
            for depth in self._depths
        )
        return km / NANOKM_PER_KM, transformers

    def side_by_side(self, copies: int) -> Feeder:
        """`copies` of this feeder on its one source, each with a transformer of its own.

        The first keeps its bus, line and transformer numbers; the others follow. They are drawn
        beside each other from west to east.
        """
        if copies == 1:
            return self
        b, lines, source = self.buses, self.lines, int(self.source_bus[0])
        others = np.delete(np.arange(b), source)
        spacing_m = 1.2 * float(np.ptp(self.x_m)) + 20.0

        def bus_in_copies(bus: IntArray) -> IntArray:
            """A bus keeps its number in copy 0; the source is the same bus in all copies."""
            compact = bus - (bus > source)
            moved = b + (np.arange(copies)[:, None] - 1) * (b - 1) + compact
            moved[0] = bus
            return np.where(bus == source, source, moved).ravel()

        def names(of: tuple[str, ...], keep: IntArray) -> tuple[str, ...]:
            return of + tuple(f"{of[i]} ({c + 1})" for c in range(1, copies) for i in keep)

        def bus_values(values: FloatArray, step: float = 0.0) -> FloatArray:
            more = values[others] + step * np.arange(1, copies)[:, None]
            return np.concatenate([values, more.ravel()])

        trafo = self.transformers
        tiled: dict[str, object] = {
            field.name: np.tile(getattr(trafo, field.name), copies)
            for field in fields(trafo)
            if field.name not in ("name", "vector_group", "from_bus", "to_bus")
        }
        return Feeder.radial(
            name=self.name,
            bus_name=names(self.bus_name, others),
            bus_vn_kv=bus_values(self.bus_vn_kv),
            x_m=bus_values(self.x_m, spacing_m),
            y_m=bus_values(self.y_m),
            line_name=names(self.line_name, np.arange(lines)),
            line_from=bus_in_copies(self.line_from),
            line_to=bus_in_copies(self.line_to),
            line_length_km=np.tile(self.line_length_km, copies),
            line_r_ohm=np.tile(self.line_r_ohm, copies),
            line_x_ohm=np.tile(self.line_x_ohm, copies),
            line_c_nf=np.tile(self.line_c_nf, copies),
            line_i_max_a=np.tile(self.line_i_max_a, copies),
            transformers=Transformers(
                name=names(trafo.name, np.arange(len(trafo.name))),
                vector_group=trafo.vector_group * copies,
                from_bus=bus_in_copies(trafo.from_bus),
                to_bus=bus_in_copies(trafo.to_bus),
                **tiled,  # type: ignore[arg-type]
            ),
            source_bus=self.source_bus,
            source_u_pu=self.source_u_pu,
        )


def _depth_first(feeder: Feeder) -> tuple[IntArray, IntArray, IntArray]:
    """Parents, the lines to them, and the walk; GridDataError unless the branches form a tree."""
    trafo, source = feeder.transformers, int(feeder.source_bus[0])
    neighbours: list[list[tuple[int, int]]] = [[] for _ in range(feeder.buses)]
    ends = zip(feeder.line_from.tolist(), feeder.line_to.tolist(), strict=True)
    for line, (a, b) in enumerate(ends):
        neighbours[a].append((b, line))
        neighbours[b].append((a, line))
    for a, b in zip(trafo.from_bus.tolist(), trafo.to_bus.tolist(), strict=True):
        neighbours[a].append((b, -1))
        neighbours[b].append((a, -1))
    parent = np.full(feeder.buses, -1, dtype=np.int64)
    parent_line = np.full(feeder.buses, -1, dtype=np.int64)
    walk: list[int] = []
    ahead = [(source, -1, -1)]
    while ahead and len(walk) <= feeder.buses:
        bus, before, line = ahead.pop()
        walk.append(bus)
        parent[bus], parent_line[bus] = before, line
        onward = sorted((edge for edge in neighbours[bus] if edge[0] != before), reverse=True)
        ahead.extend((child, bus, by) for child, by in onward)
    branches = feeder.lines + len(trafo.name)
    if sorted(walk) != list(range(feeder.buses)) or branches != feeder.buses - 1:
        raise GridDataError(
            f"the grid {feeder.name} is not radial: its {branches} branches must join its "
            f"{feeder.buses} buses into one tree that hangs on bus {feeder.bus_name[source]}"
        )
    return parent, parent_line, np.array(walk, dtype=np.int64)


def _meeting_positions(feeder: Feeder, ranked: IntArray) -> IntArray:
    """Where, in the walk, the paths of each pair to the source meet, (n, n); `ranked` by the walk.

    The lowest common ancestor of two buses is the parent that stands first in the walk among the
    parents of all buses behind the first of the two, up to the second.
    """
    position = feeder.walk_position
    own = position[ranked]
    n = len(ranked)
    parent_position = position[feeder.parent[feeder.walk]]
    parent_position[0] = 0  # the source has no parent, and nothing stands before it
    # What the walk meets between one bus of `ranked` and the next.
    between = np.full(n, feeder.buses, dtype=np.int64)
    for k in range(1, n):
        if own[k] > own[k - 1]:
            between[k] = parent_position[own[k - 1] + 1 : own[k] + 1].min()
    table = np.where(np.arange(n)[:, None] < np.arange(n), between, feeder.buses)
    meeting = np.minimum(np.minimum.accumulate(table, axis=1), own[:, None])
    return np.minimum(meeting, meeting.T)
