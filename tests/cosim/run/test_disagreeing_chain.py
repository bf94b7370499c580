"""A run whose chain disagrees with the reference settlement fails loudly and leaves nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cosim.contracting_batch
import cosim.management
from cosim.accounts import CommitEffect, ReferenceAccounts
from cosim.run import run_scenario
from twin.errors import ChainError, ConservationError, SettlementMismatchError, TwinError
from twin.settlement import Agreements, Settlement, StabilityRates, settle

Run = Callable[[], None]


@pytest.fixture
def run(make_scenario: Callable[..., Any], tmp_path: Path) -> Run:
    return lambda: run_scenario(make_scenario({}), 1, tmp_path)  # type: ignore[return-value]


def fails(run: Run, error: type[TwinError], words: str, folder: Path) -> None:
    with pytest.raises(error, match=words):
        run()
    assert [entry for entry in folder.iterdir() if entry.is_dir()] == []


def test_other_rates_in_the_reference_books(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def with_other_rates(agreements: Agreements, net_wh: Any, rates: StabilityRates) -> Settlement:
        return settle(agreements, net_wh, replace(rates, short_ueur_per_kwh=1))

    monkeypatch.setattr(cosim.management, "settle", with_other_rates)
    fails(run, SettlementMismatchError, "on chain is .* the reference settlement says", tmp_path)


def test_a_single_unit_too_much(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def generous(agreements: Agreements, net_wh: Any, rates: StabilityRates) -> Settlement:
        outcome = settle(agreements, net_wh, rates)
        return replace(outcome, seller_paid_neur=outcome.seller_paid_neur + 1)

    monkeypatch.setattr(cosim.management, "settle", generous)
    fails(run, SettlementMismatchError, "free balance of H.. on chain", tmp_path)


def test_an_escrow_that_the_books_do_not_know(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        cosim.contracting_batch,
        "CommitEffect",
        lambda terms, declared_wh: CommitEffect(terms.take(np.array([0])), declared_wh),
    )
    fails(run, SettlementMismatchError, "balance of H.. on chain", tmp_path)


def test_tokens_that_the_books_count_otherwise(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    apply = ReferenceAccounts.apply

    def forgetful(self: ReferenceAccounts, effect: Any) -> None:
        apply(self, effect)
        self.lapsed_wh = 0

    monkeypatch.setattr(ReferenceAccounts, "apply", forgetful)
    fails(run, ConservationError, "Wh of tokens; the reference settlement says", tmp_path)


def test_a_settlement_that_the_contract_refuses(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Readings that nobody signed: the signature is that of a stranger.
    from emulators.chain.keys import party_key
    from emulators.chain.market import MarketClient

    sign = MarketClient.settle

    def by_a_stranger(self: MarketClient, batch: Any, readings: Any) -> Any:
        return sign(self, batch, readings, party_key(99, "stranger"))

    monkeypatch.setattr(MarketClient, "settle", by_a_stranger)
    fails(run, ChainError, "The settle transaction for slot .* was refused", tmp_path)
