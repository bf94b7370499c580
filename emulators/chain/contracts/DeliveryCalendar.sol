// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title When delivery slots are, and how long what may take
/// @notice Slot s is [start, start + length). Its agreements may be committed until a signed deadline
/// that does not lie after its start, which closes the slot's set. They may be settled from its end
/// on; substitutes for readings count once the correction window has closed, and what is settled by
/// nobody can be released once the time for settlements is over.
abstract contract DeliveryCalendar {
    /// @notice When slots are and how long what may take.
    /// @param firstSlotStart when delivery slot 0 begins [s, UTC]
    /// @param slotLength length of a delivery slot [s]
    /// @param correctionWindow how long after a slot only measured readings count [s]
    /// @param releaseDelay how long after that an agreement may still be settled [s]
    struct Calendar {
        uint256 firstSlotStart;
        uint256 slotLength;
        uint256 correctionWindow;
        uint256 releaseDelay;
    }

    /// @notice When delivery slot 0 begins [s, UTC].
    uint256 public immutable FIRST_SLOT_START;
    /// @notice Length of a delivery slot [s].
    uint256 public immutable SLOT_LENGTH;
    /// @notice How long after a slot only measured readings count [s]; later, substitutes do too.
    uint256 public immutable CORRECTION_WINDOW;
    /// @notice How long after the correction window an agreement may still be settled [s]; then anybody
    /// may release what is left.
    uint256 public immutable RELEASE_DELAY;

    /// @notice The block comes after the commit deadline, so that the contract missed the gate.
    error CommitDeadlinePassed(uint256 deadline);
    /// @notice A commit deadline may not lie after the slot's start.
    error DeadlineAfterGate(uint256 deadline, uint256 gate);
    /// @notice The slot has not ended.
    error NotDelivered(uint256 deliveryEnd);
    /// @notice A substitute was used before the correction window closed.
    error SubstituteTooEarly(uint256 closesAt);
    /// @notice It is too late to settle; what is left may be released.
    error SettlementClosed(uint256 deadline);
    /// @notice Release is possible only after the last chance of a settlement.
    error ReleaseTooEarly(uint256 deadline);

    /// @notice Fixes the calendar for good.
    /// @param calendar when slots are and how long what may take
    constructor(Calendar memory calendar) {
        FIRST_SLOT_START = calendar.firstSlotStart;
        SLOT_LENGTH = calendar.slotLength;
        CORRECTION_WINDOW = calendar.correctionWindow;
        RELEASE_DELAY = calendar.releaseDelay;
    }

    /// @dev When the slot begins; nothing is committed later.
    function _gateOf(uint256 slot) internal view returns (uint256 gate) {
        return FIRST_SLOT_START + slot * SLOT_LENGTH;
    }

    /// @dev Refuses a commit after its deadline, or a deadline after the slot's start.
    function _requireBeforeGate(uint256 deadline, uint256 gate) internal view {
        if (block.timestamp > deadline) revert CommitDeadlinePassed(deadline);
        if (deadline > gate) revert DeadlineAfterGate(deadline, gate);
    }

    /// @dev Refuses a settlement too early or too late. Returns from when on substitutes count.
    function _requireSettleable(uint256 deliveryEnd) internal view returns (uint256 substitutesFrom) {
        substitutesFrom = deliveryEnd + CORRECTION_WINDOW;
        if (block.timestamp < deliveryEnd) revert NotDelivered(deliveryEnd);
        if (block.timestamp > substitutesFrom + RELEASE_DELAY) {
            revert SettlementClosed(substitutesFrom + RELEASE_DELAY);
        }
    }

    /// @dev Refuses a release as long as a settlement could still come.
    function _requireReleasable(uint256 deliveryEnd) internal view {
        uint256 deadline = deliveryEnd + CORRECTION_WINDOW + RELEASE_DELAY;
        if (block.timestamp <= deadline) revert ReleaseTooEarly(deadline);
    }
}
