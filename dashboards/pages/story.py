"""The story of one agreement, from its orders to its final money."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import html

from cosim.results.manifest import Manifest
from dashboards import wording
from dashboards.palette import OUTCOMES
from dashboards.parts.panel import panel
from dashboards.quantity import THIN, scale, text, whole
from dashboards.queries.story import Row, Story


def story_panel(story: Story, manifest: Manifest, begins: datetime) -> html.Section:
    """All steps as a timeline; `begins` is when the slot begins on the local clock."""
    deal = story.agreement
    slot_s = int(manifest.scenario["horizon"]["slot_s"])
    clock = _Clock(begins - timedelta(seconds=deal["slot"] * slot_s))
    ends = begins + timedelta(seconds=slot_s)
    finding = (
        f"{deal['seller']} sells {text(deal['quantity_wh'], 'Wh')} to {deal['buyer']} "
        f"for {begins:%H:%M} to {ends:%H:%M}: {wording.OUTCOMES[deal['status']]}"
    )
    steps = [
        ("A  Offer", _order(story.offer, "sells", clock)),
        ("B  Request", _order(story.request, "buys", clock)),
        ("C–E  Terms", _terms(deal)),
        ("F  Commit", _commit(story, clock)),
        ("G  Readings", _readings(story, clock)),
        ("G  Money", _money(deal, _stabiliser(manifest))),
        ("G  Final", _settled(story, clock)),
    ]
    timeline = dmc.Timeline(
        [dmc.TimelineItem(body, title=title) for title, body in steps],
        active=_reached(deal),
        bulletSize=14,
        lineWidth=2,
        color=OUTCOMES[deal["status"]],
    )
    where = f"slot {deal['slot']}, agreement {deal['agreement']}, {wording.TIERS[deal['tier']]}"
    return panel(finding, where, timeline, wording.STORY, origin="executed")


class _Clock:
    """Local time of instants that are counted from the start of slot 0."""

    def __init__(self, start: datetime) -> None:
        self._start = start

    def __call__(self, seconds: float | None) -> str:
        if seconds is None:
            return "never"
        at = self._start + timedelta(seconds=seconds)
        day = (at.date() - self._start.date()).days
        suffix = {0: "", -1: " the day before", 1: " the day after"}.get(day, f" on {at:%d %b}")
        return f"{at:%H:%M:%S}{suffix}"


def _stabiliser(manifest: Manifest) -> str:
    return str(manifest.scenario.get("stability", {}).get("stabiliser", "lpd"))


def _reached(deal: Row) -> int:
    """The last step that this agreement came to."""
    if deal["status"] in ("kept", "compensated"):
        return 6
    return 4 if deal["status"] == "held" else 2


def _line(*parts: Any) -> html.Div:
    return html.Div(list(parts), className="note")


def _order(order: Row | None, verb: str, clock: _Clock) -> Any:
    if order is None:
        return _line("No order is recorded.")
    limit = "at least" if order["side"] == "sell" else "at most"
    signature = order["signature"]
    return html.Div(
        [
            _line(
                f"{order['participant']} {verb} {text(order['quantity_wh'], 'Wh')} "
                f"for {limit} {text(order['limit_ueur_per_kwh'], 'µ€/kWh')}; sent "
                f"{clock(order['submitted_at_s'])}, {text(order['cleared_wh'], 'Wh')} of it matched"
            ),
            _hash("signature", "0x" + signature.hex(), short=True) if signature else None,
        ]
    )


def _terms(deal: Row) -> Any:
    seller = text(deal["seller_collateral_neur"], "n€")
    buyer = text(deal["buyer_collateral_neur"], "n€")
    return html.Div(
        [
            _line(
                f"{text(deal['quantity_wh'], 'Wh')} from {deal['origin'].upper()} at "
                f"{text(deal['price_ueur_per_kwh'], 'µ€/kWh')} and "
                f"{text(deal['fee_ueur_per_kwh'], 'µ€/kWh')} of road pricing"
            ),
            _line(
                f"Collateral {seller} (seller), {buyer} (buyer); stabilisation costs "
                f"{text(deal['stability_short_ueur_per_kwh'], 'µ€/kWh')} short, "
                f"{text(deal['stability_long_ueur_per_kwh'], 'µ€/kWh')} long"
            ),
        ]
    )


def _commit(story: Story, clock: _Clock) -> Any:
    deal, commit = story.agreement, story.commit
    if commit is None:
        return _line("Never sent: no block could have made it final when the slot began.")
    deadline = clock(deal["commit_deadline_s"])
    lines = [
        _line(
            f"Sent {clock(commit['submitted_at_ms'] / 1000)}, in block "
            f"{_height(commit)} of {clock(commit['block_time_s'])}; deadline {deadline}"
        ),
        _gas(commit, story.together),
        _hash("transaction", commit["tx_hash"]),
    ]
    if commit["status"] == 0:
        lines.insert(1, _line(f"Refused by the contract: {commit['error'] or 'no reason given'}"))
    elif deal["final_in_time"] is not None:
        late = "in time" if deal["final_in_time"] else "too late"
        final = clock(_seconds(commit["final_at_ms"]))
        lines.insert(1, _line(f"Final {final}, {late} for the slot"))
    return html.Div(lines)


def _readings(story: Story, clock: _Clock) -> Any:
    deal = story.agreement
    lines = []
    for side, meter in (("seller", story.seller_meter), ("buyer", story.buyer_meter)):
        if meter is None or meter["settled_net_wh"] is None:
            lines.append(_line(f"{deal[side]}: no reading"))
            continue
        net = meter["settled_net_wh"]
        committed = meter["committed_net_wh"]
        words = f"{deal[side]}: import − export {_signed_wh(net)}"
        if committed is not None:
            words += f", committed {_signed_wh(committed)}"
        arrived = (
            f", arrived {clock(_seconds(meter['received_at_ms']))}"
            if meter["received_at_ms"] is not None
            else ""
        )
        lines.append(_line(f"{words} ({meter['quality']}{arrived})"))
    if deal["seller_short_wh"] is not None:
        lines.append(
            _line(
                f"On this agreement the seller is short by {text(deal['seller_short_wh'], 'Wh')}, "
                f"the buyer by {text(deal['buyer_short_wh'], 'Wh')}"
            )
        )
    return html.Div(lines)


def _money(deal: Row, stabiliser: str) -> Any:
    if deal["seller_paid_neur"] is None:
        return _line("Nothing was escrowed." if deal["status"] != "held" else "Still in escrow.")
    paid_in = [
        (f"{deal['buyer']} (buyer) put in", deal["buyer_escrow_neur"]),
        (f"{deal['seller']} (seller) put in", deal["seller_collateral_neur"]),
    ]
    paid_out = [
        (f"{deal['seller']} for energy", deal["seller_paid_neur"]),
        (f"{deal['seller']} collateral back", deal["seller_returned_neur"]),
        (f"{deal['buyer']} back", deal["buyer_returned_neur"]),
        (f"{wording.party_label(stabiliser)} as stabiliser", deal["stabiliser_paid_neur"]),
        ("DSO for the path", deal["dso_paid_neur"]),
    ]
    total = sum(amount for _, amount in paid_in)
    unit = scale("n€", [total])
    rows = [
        dmc.TableTr(
            [
                dmc.TableTd(name),
                dmc.TableTd(
                    _exact(amount, unit.divisor) if side == 0 else "", className="table-number"
                ),
                dmc.TableTd(
                    _exact(amount, unit.divisor) if side == 1 else "", className="table-number"
                ),
            ]
        )
        for side, lines in enumerate((paid_in, paid_out))
        for name, amount in lines
    ]
    sums = [total, sum(amount for _, amount in paid_out)]
    return dmc.Table(
        [
            dmc.TableThead(
                dmc.TableTr(
                    [
                        dmc.TableTh(""),
                        dmc.TableTh(f"in [{unit.unit}]", className="table-number"),
                        dmc.TableTh(f"out [{unit.unit}]", className="table-number"),
                    ]
                )
            ),
            dmc.TableTbody(rows),
            dmc.TableTfoot(
                dmc.TableTr(
                    [
                        dmc.TableTh("Sum"),
                        *(
                            dmc.TableTh(_exact(s, unit.divisor), className="table-number")
                            for s in sums
                        ),
                    ]
                )
            ),
        ],
        verticalSpacing=2,
        fz="sm",
        maw=460,
    )


def _settled(story: Story, clock: _Clock) -> Any:
    settle = story.settle
    if settle is None:
        return _line("Not settled.")
    return html.Div(
        [
            _line(
                f"Sent {clock(settle['submitted_at_ms'] / 1000)}, in block {_height(settle)} of "
                f"{clock(settle['block_time_s'])}, final {clock(_seconds(settle['final_at_ms']))}"
            ),
            _gas(settle, story.settled_together),
            _hash("transaction", settle["tx_hash"]),
        ]
    )


def _gas(transaction: Row, together: int) -> html.Div:
    used = transaction["gas_used"]
    if used is None:
        return _line("No gas used.")
    fee = text(transaction["fee_neur"], "n€")
    if together <= 1:
        return _line(f"{whole(used)}{THIN}gas for this agreement alone; fee {fee}")
    each = text(used / together, "gas")
    return _line(
        f"{whole(used)}{THIN}gas for {together} agreements together, {each} each; fee {fee}"
    )


def _hash(name: str, value: str, *, short: bool = False) -> html.Div:
    shown = f"{value[:18]}…{value[-8:]}" if short else value
    return html.Div([f"{name} ", html.Span(shown, className="hash", title=value)], className="note")


def _height(transaction: Row) -> str:
    height = transaction["block_height"]
    return whole(height) if height is not None else "none"


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _signed_wh(value: int) -> str:
    return ("+" if value > 0 else "") + text(value, "Wh")


def _exact(amount: int, divisor: float) -> str:
    """Money of one agreement to a hundredth of a cent."""
    return f"{amount / divisor:,.4f}".replace(",", THIN)
