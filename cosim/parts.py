"""The parts of one run, and what is made of them when its last block is final."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from cosim.accounting import Accounting, account, participant_rows
from cosim.clock import Clock
from cosim.grid import Grid
from cosim.layer import Layer
from cosim.ledger import LedgerLayer
from cosim.management import Management
from cosim.market_rows import agreement_rows
from cosim.metering import Metering
from cosim.neighbourhood import Neighbourhood
from cosim.outcome import Observed, as_recorded, indicators_of
from cosim.plant import Plant
from cosim.recording import Recording
from cosim.results.identity import run_id
from cosim.results.manifest import Manifest, PaymentMatrix
from cosim.results.recorder import Recorder
from cosim.results.store import Stage
from cosim.transmission import Transmission
from emulators.chain.market import Client, TokenTotals
from twin import MODEL_VERSION
from twin.errors import ConservationError, RunError
from twin.payments import Party, Payments
from twin.power_flow import bus_powers
from twin.scenario import Scenario
from twin.state import Quality
from twin.units import MWH_PER_WH, SECONDS_PER_HOUR


@dataclass
class Parts:
    """Every layer of a run and what they stand on."""

    scenario: Scenario
    seed: int
    clock: Clock
    neighbourhood: Neighbourhood
    plant: Plant
    grid: Grid
    metering: Metering
    transmission: Transmission
    management: Management
    ledger: LedgerLayer
    recorder: Recorder
    client: Client

    @property
    def layers(self) -> Mapping[str, Layer]:
        """By name, in the order of the model at one instant."""
        chain: tuple[Layer, ...] = (
            self.plant,
            self.grid,
            self.metering,
            self.transmission,
            self.management,
            self.ledger,
            Recording(self.recorder),
        )
        return {layer.name: layer for layer in chain}

    def stop(self) -> None:
        """End the node and the meters; harmless when repeated."""
        self.ledger.node.close()
        self.metering.fleet.close()

    def tokens(self) -> TokenTotals:
        """Energy tokens at the end, which must be those of the reference books."""
        totals, books = self.client.token_totals(self.ledger.node), self.ledger.accounts
        ours = (books.minted_wh, books.burned_wh, books.lapsed_wh)
        if ours != (totals.minted_wh, totals.burned_wh, totals.lapsed_wh):
            raise ConservationError(
                f"The ledger minted, burned and lapsed {totals.minted_wh}, {totals.burned_wh} and "
                f"{totals.lapsed_wh} Wh of tokens; the reference settlement says {ours}."
            )
        return totals

    def record_and_summarise(self, stage: Stage, tokens: TokenTotals) -> Manifest:
        """Write what is known only at the end, close all tables, and draw up the manifest."""
        place, n = self.neighbourhood, self.neighbourhood.participants
        if self.management.closed_slots < self.clock.slots:
            raise RunError(
                f"The run ended when {self.management.closed_slots} of {self.clock.slots} slots "
                "were final; it must last until the last correction window has closed."
            )
        observed = self._observed()
        books = self.management.books
        accounts = account(
            self.scenario,
            place,
            books,
            self.management.final_net_wh[:, :n],
            observed.losses_mwh,
            self.ledger.market_fee_neur,
        )
        final = self.ledger.accounts
        record = self.recorder.record
        record(
            "participant",
            participant_rows(
                self.scenario, place, accounts, (final.free_neur + final.locked_neur)[:n]
            ),
        )
        agreements = agreement_rows(
            books.values(), place, self.clock, self.scenario.market.tolerance_wh
        )
        if agreements:
            record("agreement", agreements)
        for table, rows in self.ledger.rows().items():
            record(table, rows)
        record("frame", self.transmission.rows())
        record("meter.plan", self._status_quo_rows())
        tables = stage.table_files(self.recorder.close())
        indicators = indicators_of(
            place,
            list(books.values()),
            accounts,
            observed,
            self.transmission.network.frame_log(),
            self.management.head_end.counts,
            self.ledger,
            self.scenario.market.tolerance_wh,
        )
        return Manifest(
            run_id=run_id(self.scenario, self.seed),
            scenario=self.scenario.model_dump(mode="json"),
            seed=self.seed,
            model_version=MODEL_VERSION,
            indicators=as_recorded(indicators),
            payments=_payments(accounts),
            tables=tables,
            tokens_wh={
                "minted": tokens.minted_wh,
                "burned": tokens.burned_wh,
                "lapsed": tokens.lapsed_wh,
                "held": tokens.held_wh,
            },
            ledger=self._for_replay(),
        )

    def _observed(self) -> Observed:
        place, n = self.neighbourhood, self.neighbourhood.participants
        final = self.management
        # The status quo's power flow, all slots at once.
        quiet = self.grid.power_flow.solve(
            *bus_powers(
                place.feeder.buses,
                place.fleet,
                place.load_mwh,
                place.status_quo_net_mwh,
                self.clock.slot_s,
            )
        )
        to_mwh = self.clock.slot_s / SECONDS_PER_HOUR * MWH_PER_WH
        return Observed(
            true_net_wh=np.array(self.plant.net_wh),
            estimate_wh=final.estimate_wh,
            age_s=final.age_s,
            substituted=final.final_quality[:, :n] == Quality.SUBSTITUTED,
            voltage_pu=np.array(self.grid.voltage_pu),
            line_loading_percent=np.array(self.grid.line_loading_percent),
            losses_mwh=(round(float(quiet.loss_w.sum()) * to_mwh), sum(self.grid.losses_mwh)),
        )

    def _status_quo_rows(self) -> dict[str, object]:
        slots, meters = self.neighbourhood.status_quo_wh.shape
        return {
            "slot": np.repeat(np.arange(slots), meters),
            "meter": np.tile(np.arange(meters), slots),
            "kind": np.tile(
                (np.arange(meters) >= self.neighbourhood.participants).astype(np.int64), slots
            ),
            "status_quo_net_wh": self.neighbourhood.status_quo_wh.ravel(),
        }

    def _for_replay(self) -> dict[str, object]:
        actors = self.client.actors
        return {
            "chain_id": actors.chain_id,
            "genesis_unix_s": self.ledger.epoch_unix_s - self.clock.prelude_s - 1,
            "epoch_unix_s": self.ledger.epoch_unix_s,
            "block_gas_limit": self.scenario.ledger.block_gas_limit,
            "fee_neur_per_gas": self.ledger.fee_neur_per_gas,
            "contracts": asdict(self.client.contracts),
            "funded": list(actors.funded),
            "parties": dict(zip(actors.participants, actors.addresses, strict=True))
            | {name: key.address for name, key in actors.operators.items()},
        }


def _payments(accounts: Accounting) -> dict[str, PaymentMatrix]:
    def matrix(payments: Payments) -> PaymentMatrix:
        return PaymentMatrix([party.label for party in Party], payments.matrix_neur.tolist())

    return {
        "status_quo": matrix(accounts.status_quo_payments),
        "market": matrix(accounts.market_payments),
    }
