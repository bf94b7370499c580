"""Transactions that are sent and not yet in a block."""

from bisect import insort

from emulators.ledger.transactions import Submission


class Mempool:
    """Transactions in order of arrival; those of one instant in the order they were sent."""

    def __init__(self) -> None:
        self._queue: list[tuple[int, int, Submission]] = []
        self._sent = 0

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, arrival_ms: int, submission: Submission) -> None:
        """Put a transaction in line; `arrival_ms` may lie in the future."""
        insort(self._queue, (arrival_ms, self._sent, submission))
        self._sent += 1

    @property
    def first_arrival_ms(self) -> int | None:
        """When the first in line arrives or has arrived [ms]; none where nobody waits."""
        return self._queue[0][0] if self._queue else None

    def take(self, by_ms: int, gas: int) -> list[Submission]:
        """Remove and return, in order, those that arrived by `by_ms` and together fit under `gas`.

        The first that does not fit ends the block, smaller ones behind it notwithstanding: a
        sender's transactions must keep their order.
        """
        count = 0
        for arrival_ms, _, submission in self._queue:
            gas -= submission.gas_limit
            if arrival_ms > by_ms or gas < 0:
                break
            count += 1
        taken = [submission for _, _, submission in self._queue[:count]]
        del self._queue[:count]
        return taken
