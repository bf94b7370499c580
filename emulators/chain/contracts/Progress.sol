// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchTerms} from "./BatchTerms.sol";

/// @title What a committed batch stands at
/// @notice One word: the hash of the signed struct as long as nothing of the batch is settled; after a
/// settlement that left agreements open, the hash of that and the readings used so far; zero once
/// nothing is open. Whoever settles on repeats the readings used, marked as such, so that they need
/// not be stored and can never change.
library Progress {
    /// @dev The state that `readings` go on from, and their bits, for what they have in common.
    function stateBefore(bytes32 batch, uint256[] calldata readings)
        internal
        pure
        returns (bytes32 state, uint256 bits)
    {
        assembly ("memory-safe") {
            let end := add(readings.offset, shl(5, readings.length))
            for { let at := readings.offset } lt(at, end) { at := add(at, 0x20) } {
                bits := or(bits, calldataload(at))
            }
        }
        if (bits & BatchTerms.USED_BEFORE == 0) return (batch, bits);
        uint256[] memory used = new uint256[](readings.length);
        for (uint256 i = 0; i < readings.length; ++i) {
            uint256 reading = readings[i];
            if (reading & BatchTerms.USED_BEFORE != 0) used[i] = reading ^ BatchTerms.USED_BEFORE;
        }
        state = _hash(batch, used);
    }

    /// @dev The state that a settlement with `readings` leaves, as long as agreements are open.
    function stateAfter(bytes32 batch, uint256[] calldata readings) internal pure returns (bytes32) {
        uint256[] memory used = new uint256[](readings.length);
        for (uint256 i = 0; i < readings.length; ++i) {
            used[i] = readings[i] & ~BatchTerms.USED_BEFORE;
        }
        return _hash(batch, used);
    }

    function _hash(bytes32 batch, uint256[] memory used) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(batch, used));
    }
}
