"""The ledger that costs no time: the bound that every real one is compared with."""

from typing import ClassVar

from emulators.ledger.base import Consensus, Parameters, Process
from emulators.ledger.transactions import Final
from twin.units import IntArray


class InstantParameters(Parameters):
    """Parameters of the instant ledger."""


class Instant(Consensus):
    """A block at every instant at which something arrives, made by one sequencer, final at once.

    Block times are whole seconds and must increase, so blocks of one second take the next ones.
    """

    parameters_type: ClassVar[type[Parameters]] = InstantParameters
    _last_time_s: int | None = None

    def commit_deadline_s(self, delivery_start_s: int) -> int:
        return delivery_start_s

    def _run(self) -> Process:
        while True:
            arrival_ms = self._mempool.first_arrival_ms
            if arrival_ms is None:
                yield self._until(None)
            elif arrival_ms > self.now_ms:
                yield self._until(arrival_ms / 1000)
            else:
                yield self.env.timeout(0)  # whatever else is sent at this instant comes along
                self._make_instant_block()

    def _make_instant_block(self) -> None:
        now_s = -(-self.now_ms // 1000)
        block_time_s = now_s if self._last_time_s is None else max(now_s, self._last_time_s + 1)
        self._last_time_s = block_time_s
        included = self._make_block(block_time_s, self.now_ms, proposer=0)
        self._events += [Final(tx_hash, self._height, self.now_ms) for tx_hash in included]

    def _final_at_ms(self, block_time_s: IntArray) -> IntArray:
        return block_time_s * 1000
