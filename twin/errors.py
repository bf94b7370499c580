"""One class per kind of error; a message is a sentence: what, where, and what would be right."""


class TwinError(Exception):
    """Base of every error that a user may see; `exit_status` is what the `twin` command returns."""

    exit_status = 1


class InputError(TwinError):
    """Something the user wrote is wrong; the command ends with status 2."""

    exit_status = 2


class ScenarioError(InputError):
    """A scenario file is missing, unreadable, or breaks the schema."""


class SweepError(InputError):
    """A sweep file breaks its schema or names a key that scenarios do not have."""


class ProfileError(InputError):
    """A profile is truncated, has gaps, or holds values that cannot be."""


class GridDataError(InputError):
    """A grid is unknown or its data are damaged."""


class PortError(InputError):
    """A port asked for is in use or not allowed."""


class NodeError(TwinError):
    """An EVM node does not start, does not answer, or is lost."""


class ChainError(TwinError):
    """A transaction did what the reference settlement says it must not do."""


class SettlementMismatchError(ChainError):
    """A balance on chain differs from the reference settlement."""


class ConservationError(TwinError):
    """Energy, money or tokens do not add up."""


class RunError(TwinError):
    """A run could not be carried to its end."""


class ResultsError(TwinError):
    """A run folder is missing, damaged, or was written by another version."""


class UnknownRunError(ResultsError):
    """No run of that name in the folder."""

    exit_status = 2


class FrameError(TwinError):
    """A frame that the head-end must refuse; subclasses say why."""


class ForgedFrameError(FrameError):
    """The authentication code of a frame does not match."""


class ReplayedFrameError(FrameError):
    """A frame's counter is not newer than the last one accepted."""


class MeterReadError(TwinError):
    """A meter's registers could not be read."""


class LedgerError(TwinError):
    """The ledger can never include a transaction, or lost track of one."""


class OrderError(TwinError):
    """An order that the auction house must refuse."""


class StaleFrameError(FrameError):
    """A frame is too far behind the newest of its meter to tell whether it was accepted before."""


class LinkError(TwinError):
    """A link was asked to carry what it cannot."""


class CallRevertedError(ChainError):
    """A contract refused a view; `data` is what it said."""

    def __init__(self, contract: str, data: bytes) -> None:
        super().__init__(contract, data)  # from which SimPy makes it anew as it passes
        self.contract, self.data = contract, data

    def __str__(self) -> str:
        return f"the contract at {self.contract} refused the call (0x{self.data.hex()})"


class PowerFlowError(TwinError):
    """The power flow of a feeder has no solution."""
