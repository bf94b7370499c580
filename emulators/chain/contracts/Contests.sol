// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Custody} from "./Custody.sol";
import {DeliveryCalendar} from "./DeliveryCalendar.sol";

/// @title Readings that do not count as they are
/// @notice A party that finds its reading of a slot wrong contests it, from the slot's start until the
/// correction window closes. From then on no measured reading of that party and slot settles anything:
/// its agreements stay whole in escrow until the oracle signs a reviewed reading, or until the window
/// closes and a substitute counts. Agreements between others are not concerned. What is settled is
/// settled: nothing is clawed back. The same holds for a party whose meter is suspended.
abstract contract Contests is Custody, DeliveryCalendar {
    mapping(address party => mapping(uint256 slot => bool)) private _contested;

    /// @notice `party` contests its reading of a slot.
    event ReadingContested(address indexed party, uint256 indexed slot);

    /// @notice The party contested its reading of this slot; only a reviewed one counts, or a substitute
    /// once the correction window has closed.
    error Contested(address party, uint256 slot);
    /// @notice The party has no meter, or it is suspended.
    error MeterSuspended(address party);
    /// @notice Readings can be contested from the slot's start until its correction window closes.
    error ContestClosed(uint256 from, uint256 to);

    /// @notice Contests the caller's own reading of a slot, before it is settled on.
    /// @param slot delivery slot
    function contest(uint32 slot) external {
        uint256 gate = _gateOf(slot);
        uint256 closes = gate + SLOT_LENGTH + CORRECTION_WINDOW;
        if (block.timestamp < gate || block.timestamp >= closes) revert ContestClosed(gate, closes);
        _contested[msg.sender][slot] = true;
        _setContested(msg.sender);
        emit ReadingContested(msg.sender, slot);
    }

    /// @notice Whether a party contested its reading of a slot.
    /// @param party whose reading
    /// @param slot delivery slot
    /// @return contested true where only a reviewed reading or a late substitute counts
    function isContested(address party, uint32 slot) external view returns (bool contested) {
        return _contested[party][slot];
    }

    /// @dev Refuses a measured reading that does not count.
    function _requireMeasured(address party, uint256 slot) internal view {
        if (!_isMetered(party)) revert MeterSuspended(party);
        if (_contested[party][slot]) revert Contested(party, slot);
    }
}
