"""The sentence above a figure: what it shows, from the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from dashboards.quantity import change, scale, text, three_figures
from dashboards.queries.compare import Compared
from dashboards.queries.overview import ROLES, RoleSums
from dashboards.queries.settlement import Commit, Failure, Step
from dashboards.wording import (
    OUTCOMES,
    indicator_label,
    party_label,
    setting_label,
    value_label,
)


def percent(part: float, of: float) -> str:
    """A share in percent: 12.3 %; 0 % of nothing."""
    return text(part / of if of else 0.0, "1")


def flows_finding(sums: RoleSums) -> str:
    traded = int(sums.neighbours_wh.sum())
    if traded == 0:
        return "Nothing was traded between neighbours"
    best = int(sums.neighbours_wh.sum(axis=1).argmax())
    where = ("behind the same meter", "inside microgrids", "between microgrids")[best]
    return (
        f"Neighbours supplied {text(traded, 'Wh')}, "
        f"{percent(traded, int(sums.load_wh.sum()))} of consumption, most of it {where}"
    )


def coverage_finding(sums: RoleSums) -> str:
    load = int(sums.load_wh.sum())
    alone = int(sums.status_quo_own_wh.sum())
    now = int(sums.own_wh.sum() + sums.neighbours_wh.sum())
    return (
        f"Self-sufficiency goes from {percent(alone, load)} alone to {percent(now, load)} together"
    )


def cost_finding(sums: RoleSums) -> str:
    saved = [
        (float(was - now) / float(members), role)
        for was, now, members, role in zip(
            sums.status_quo_neur, sums.market_neur, sums.members, ROLES, strict=True
        )
        if members
    ]
    if not saved:
        return "There are no participants"
    most, who = max(saved)
    least, other = min(saved)
    if most <= 0:
        return f"Nobody saves: {_within(who)} lose least, {text(-most, 'n€')} each"
    first = f"{party_label(who)} gain most, {text(most, 'n€')} each"
    if least >= 0 or who == other:
        return first
    return f"{first}; {_within(other)} lose {text(-least, 'n€')} each"


def gains_finding(gains_neur: Mapping[str, int]) -> str:
    moved = {party: gain for party, gain in gains_neur.items() if gain}
    if not moved:
        return "No money moved against the status quo"
    most = max(moved, key=lambda party: moved[party])
    least = min(moved, key=lambda party: moved[party])
    return (
        f"{party_label(most)} {_verb('gain', most)} {text(moved[most], 'n€')}, "
        f"{_within(least)} {_verb('lose', least)} {text(-moved[least], 'n€')}"
    )


def _within(party: str) -> str:
    """A party's name within a sentence."""
    label = party_label(party)
    if label.isupper():
        return f"the {label}"
    return f"the {label.lower()}" if party in ("state", "upstream") else label.lower()


def _verb(verb: str, party: str) -> str:
    return verb if party_label(party).endswith(("s", "s+")) else f"{verb}s"


def funnel_finding(steps: Sequence[Step]) -> str:
    by_name = {step.name: step for step in steps}
    offered, matched = by_name["offered"], by_name["matched to agreements"]
    kept = by_name["kept by both sides"]
    if not matched.wh:
        return f"Of {text(offered.wh, 'Wh')} offered nothing was matched"
    unit = scale("Wh", [offered.wh])
    return (
        f"Of {unit.text(offered.wh)} offered, {unit.number(matched.wh)} found a buyer "
        f"and {unit.number(kept.wh)} were delivered as promised"
    )


def outcomes_finding(status: Sequence[str], agreements: Sequence[int]) -> str:
    totals: dict[str, int] = {}
    for outcome, count in zip(status, agreements, strict=True):
        totals[outcome] = totals.get(outcome, 0) + count
    made = sum(totals.values())
    if not made:
        return "No agreement was made"
    worst = max(
        (outcome for outcome in totals if outcome != "kept"),
        key=lambda outcome: totals[outcome],
        default=None,
    )
    kept = f"{percent(totals.get('kept', 0), made)} of agreements were kept"
    if worst is None:
        return kept
    return f"{kept}, {percent(totals[worst], made)} {OUTCOMES[worst]}"


def gate_finding(commits: Sequence[Commit], unsent: int) -> str:
    slots = len(commits) + unsent
    if not slots:
        return "No slot had an agreement to commit"
    late = unsent + sum(not c.accepted or c.final_after_start_ms > 0 for c in commits)
    if late:
        return f"In {percent(late, slots)} of slots no commit could be final when the slot began"
    slowest = -max(commit.final_after_start_ms for commit in commits)
    return f"Every commit was final {text(slowest, 'ms')} or more before its slot began"


def failures_finding(paid: Sequence[Failure], stabiliser: str) -> str:
    lost = sum(f.as_seller_neur + f.as_buyer_neur for f in paid)
    stood_in = sum(f.stood_in_neur for f in paid)
    if not lost and not stood_in:
        return "Nobody had to pay for a broken commitment"
    return (
        f"Broken commitments cost {text(lost, 'n€')} of collateral; the {party_label(stabiliser)} "
        f"as stabiliser was paid {text(lost + stood_in, 'n€')}"
    )


def comparison_finding(found: Compared) -> str:
    """What the setting that matters more does: the axis, or the lines."""
    label = indicator_label(found.indicator)
    by_axis: dict[str, list[float]] = {}
    by_line: dict[str, list[float]] = {}
    for point in found.points:
        by_axis.setdefault(point.at, []).extend(point.values)
        by_line.setdefault(point.line, []).extend(point.values)
    key, groups = found.axis, by_axis
    if found.lines and _reach(by_line) > _reach(by_axis):
        key, groups = found.lines, by_line
    unit = scale(found.unit, [value for values in groups.values() for value in values])
    means = {place: fmean(values) for place, values in groups.items()}
    low, high = min(means, key=lambda at: means[at]), max(means, key=lambda at: means[at])
    words = setting_label(key)
    setting = words[0].lower() + words[1:]
    if unit.number(means[low]) == unit.number(means[high]):
        return f"{label}: {unit.text(means[high])} whatever the {setting}"

    def alike(mean: float) -> str:
        same = [place for place in groups if unit.number(means[place]) == unit.number(mean)]
        named = ", ".join(value_label(key, place) for place in same[:3])
        return f"{named} …" if len(same) > 3 else named

    sentence = (
        f"{label}: from {unit.text(means[low])} ({alike(means[low])}) "
        f"to {unit.text(means[high])} ({alike(means[high])}) by {setting}"
    )
    if max(groups[low]) >= min(groups[high]) and len(groups[low]) > 1:
        sentence += ", yet the runs overlap"
    return sentence


def _reach(groups: Mapping[str, Sequence[float]]) -> float:
    """How far apart the means of the groups lie."""
    means = [fmean(values) for values in groups.values()]
    return max(means) - min(means)


def against(now: float | None, before: float | None, unit: str) -> str:
    """How a figure compares with the status quo, in a few words."""
    if now is None or before is None:
        return ""
    if unit in ("1", "-"):
        points = (now - before) * 100
        sign = "+" if points > 0 else "−" if points < 0 else "±"
        return f"{sign}{three_figures(abs(points))} points against {text(before, unit)}"
    return f"{change(now, before)} against {text(before, unit)}"
