// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What a party's order allows, in 96 bits
/// @notice Highest bits first: side (1, set for a request) | nonce (30) | quantity [Wh] (32) |
/// limit [n€/Wh] (25) | origins (8). The limit of an offer is the lowest price it takes; that of a
/// request the highest sum of price and fee. Bit o of `origins` is set where the seller has, or the
/// buyer accepts, energy of origin o. The order stands above its party's address in one word.
library OrderTerms {
    uint256 internal constant ADDRESS_BITS = 160;
    uint256 internal constant NONCE_BITS = 30;
    uint256 private constant NONCE_SHIFT = 225;

    /// @notice Which of the party's orders this is; it can cancel all below a number.
    function nonceOf(uint256 word) internal pure returns (uint256) {
        return (word >> NONCE_SHIFT) & ((1 << NONCE_BITS) - 1);
    }
}
