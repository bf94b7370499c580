"""Puts a run together: which layer stands on what."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cosim.accounts import ReferenceAccounts
from cosim.clock import Clock
from cosim.contracting import Contracting
from cosim.contracting_batch import BatchContracting
from cosim.contracting_per_trade import TradeContracting
from cosim.gate import Gate
from cosim.grid import Grid, element_ids
from cosim.ledger import LedgerLayer
from cosim.management import Management
from cosim.metering import Metering
from cosim.neighbourhood import Neighbourhood, build_neighbourhood
from cosim.parts import Parts
from cosim.plant import Plant
from cosim.results.recorder import Recorder
from cosim.submission import Dispatch
from cosim.transmission import Transmission
from emulators.batteries.inbox import SetPointInbox
from emulators.chain.artefacts import refusal_name
from emulators.chain.deployment import Actors, Calendar, equal_deposits, set_up
from emulators.chain.market import MarketClient
from emulators.chain.nodes import EvmNode, open_node
from emulators.chain.trades import TradeClient
from emulators.ledger.catalogue import ledger_entry
from emulators.meters.fleet import open_fleet
from emulators.meters.head_end import HeadEnd
from twin.auction.house import AuctionHouse
from twin.auction.uniform import UniformPrice
from twin.bidding import bidding_rule
from twin.forecast import forecast_method
from twin.scenario import Scenario
from twin.state import TwinState
from twin.units import IntArray

SIMBENCH_OFFSET = timedelta(hours=1)
"""SimBench time is UTC+1 without summer time."""


def epoch_unix_s(scenario: Scenario) -> int:
    """When slot 0 begins, in Unix time [s]."""
    midnight = datetime.combine(scenario.horizon.start, datetime.min.time(), UTC)
    return int((midnight - SIMBENCH_OFFSET).timestamp())


def assemble(scenario: Scenario, seed: int, folder: Path, started: ExitStack) -> Parts:
    """Build every layer of a run; what is started (node, meters) is left with `started`."""
    place = build_neighbourhood(scenario, seed)
    finality_s = ledger_entry(scenario.ledger.consensus).model_parameters.longest_finality_s
    clock = Clock.of(scenario, finality_s)
    epoch = epoch_unix_s(scenario)
    actors = Actors(seed, place.fleet.ids)
    calendar = Calendar(epoch, clock.slot_s, scenario.market.correction_window_s)
    deposits = equal_deposits(place.participants, scenario.market.deposit_neur)
    contracts, set_up_transactions = set_up(
        actors,
        calendar,
        place.fleet.role,
        deposits,
        scenario.stability.stabiliser,
        scenario.ledger.contracts,
    )
    contracting: Contracting
    if scenario.ledger.contracts == "per_trade":
        contracting = TradeContracting(TradeClient(actors, contracts, calendar), epoch)
    else:
        contracting = BatchContracting(MarketClient(actors, contracts, calendar), epoch)
    client = contracting.client
    node = started.enter_context(
        open_node(
            scenario.execution.node,
            epoch - clock.prelude_s - 1,
            actors.funded,
            scenario.ledger.block_gas_limit,
        )
    )
    fleet = started.enter_context(open_fleet(scenario.execution.transport, place.meter_ids))
    operators = ("dso", "lpd")
    holders = (*actors.addresses, *(actors.operators[name].address for name in operators))
    n = place.participants
    accounts = ReferenceAccounts(
        ids=(*place.fleet.ids, *operators),
        deposit_neur=scenario.market.deposit_neur,
        dso=n,
        stabiliser=n + operators.index(scenario.stability.stabiliser),
    )

    def balances(asked: EvmNode) -> tuple[IntArray, IntArray]:
        held = client.balances(asked, holders, wallets=False)
        return held.free_neur, held.locked_neur

    ledger = LedgerLayer(
        scenario=scenario,
        seed=seed,
        clock=clock,
        node=node,
        epoch_unix_s=epoch,
        accounts=accounts,
        balances=balances,
        error_name=refusal_name,
        setup=[Dispatch(tx, tx.tx_hash, None, -clock.prelude_s) for tx in set_up_transactions],
    )
    state = TwinState(
        len(place.meter_ids),
        scenario.horizon.warm_up_slots + clock.slots,
        clock.slot_s,
        -scenario.horizon.warm_up_slots,
    )
    state.record_registers(place.warm_up)
    recorder = started.enter_context(
        Recorder(
            folder,
            {
                "participant": place.fleet.ids,
                "meter": place.meter_ids,
                "building": place.fleet.building_ids,
                "element": element_ids(place),
            },
        )
    )
    management = Management(
        scenario=scenario,
        seed=seed,
        clock=clock,
        neighbourhood=place,
        state=state,
        gate=_gate(scenario, seed, clock, place, contracting),
        head_end=HeadEnd(seed, len(place.meter_ids)),
        contracting=contracting,
        commit_deadline=ledger.consensus.commit_deadline_s,
    )
    return Parts(
        scenario=scenario,
        seed=seed,
        clock=clock,
        neighbourhood=place,
        plant=Plant(place, clock, SetPointInbox(seed, n)),
        grid=Grid(place, clock),
        metering=Metering(fleet, place.meter_ids, clock, seed),
        transmission=Transmission(scenario, seed, clock, place.meter_ids),
        management=management,
        ledger=ledger,
        recorder=recorder,
        client=client,
    )


def _gate(
    scenario: Scenario,
    seed: int,
    clock: Clock,
    place: Neighbourhood,
    contracting: Contracting,
) -> Gate:
    market = scenario.market
    return Gate(
        scenario=scenario,
        seed=seed,
        clock=clock,
        neighbourhood=place,
        forecast=forecast_method(market.forecast, clock.slot_s, place.status_quo_wh, 0),
        bidding=bidding_rule(market.bidding, seed, place.participants),
        house=AuctionHouse(
            building=place.fleet.building,
            microgrid=place.microgrid,
            fee_ueur_per_kwh=place.fee_ueur_per_kwh,
            rule=UniformPrice(market.k_permille),
            tariffs=scenario.tariffs,
            stability=scenario.stability,
        ),
        contracting=contracting,
    )
