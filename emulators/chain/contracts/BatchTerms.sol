// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What the parties of a batch sign, and how its parts are packed
/// @notice An agreement is one word, highest bits first:
/// tier (8) | seller (16) | buyer (16) | origin (8) | quantity [Wh] (32) | price [n€/Wh] (24) |
/// fee rate [n€/Wh] (24) | seller collateral [n€] (64) | buyer collateral [n€] (64).
/// Seller and buyer are positions in the batch's list of parties. Tier, seller and buyer stand on
/// top, so that strictly increasing upper parts prove order and uniqueness at once: the position
/// of an agreement is its id.
/// A party is one word: what its order allows (96, `OrderTerms`) | its address (160). Whoever signs the
/// batch signs the limits that its agreements are held to. A party that both sells and buys has its
/// second order in a list of its own, with its position in the list of parties instead of an address.
/// A reading is one word: |import − export| [Wh] (63) | sign (1, set where more was exported) << 63
/// | quality (3) << 64 | used before (1) << 67. Quality 0 is missing, 1 measured, 2 substituted (after
/// the correction window), 4 reviewed by the oracle after its owner contested it.
/// @dev Bounds that unchecked arithmetic relies on, with at most 2¹⁶ parties and fewer than 2²⁴
/// agreements: an escrow stays below (2²⁴ + 2²⁴)·2³² + 2⁶⁴ < 2⁶⁵, a sum of them below 2⁸⁹, a sum of
/// quantities below 2⁵⁶, a deviation times a running sum below 2¹¹².
library BatchTerms {
    /// @notice What all agreements of a batch have in common.
    /// @param slot delivery slot
    /// @param batch number of the batch within its slot
    /// @param commitDeadline last block time at which it may be committed [s, UTC]
    /// @param shortRate π_short, per Wh that a seller does not deliver [n€/Wh]
    /// @param longRate π_long, per Wh that a buyer does not absorb [n€/Wh]
    struct Terms {
        uint32 slot;
        uint32 batch;
        uint64 commitDeadline;
        uint32 shortRate;
        uint32 longRate;
    }

    bytes32 internal constant BATCH_TYPEHASH = keccak256(
        "Batch(uint32 slot,uint32 batch,uint64 commitDeadline,uint64 deliveryEnd,uint32 shortRate,uint32 longRate,uint256[] agreements,uint256[] parties,uint256[] counterOrders)"
    );
    bytes32 internal constant READINGS_TYPEHASH = keccak256("Readings(bytes32 batch,uint256[] readings)");

    uint256 internal constant TIERS = 3;
    uint256 internal constant ORIGINS = 8;
    uint256 internal constant LANE_BITS = 32;

    uint256 internal constant MEASURED = 1 << 64;
    uint256 internal constant SUBSTITUTED = 2 << 64;
    uint256 internal constant REVIEWED = 4 << 64;
    uint256 internal constant USED_BEFORE = 1 << 67;

    /// @dev Where a batch is kept.
    function key(Terms calldata terms) internal pure returns (uint256) {
        return (uint256(terms.slot) << 32) | terms.batch;
    }

    /// @dev EIP-712 hash of the struct that every party, the DSO and the LPD sign. The DSO signs for the
    /// fee rates in it, the LPD for the stability rates.
    function hash(
        Terms calldata terms,
        uint256 deliveryEnd,
        uint256[] calldata agreements,
        uint256[] calldata parties,
        uint256[] calldata counterOrders
    ) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                BATCH_TYPEHASH,
                terms.slot,
                terms.batch,
                terms.commitDeadline,
                deliveryEnd,
                terms.shortRate,
                terms.longRate,
                hashWords(agreements),
                hashWords(parties),
                hashWords(counterOrders)
            )
        );
    }

    /// @dev EIP-712 hash of the struct that the oracle signs.
    function hashReadings(bytes32 batch, uint256[] calldata readings) internal pure returns (bytes32) {
        return keccak256(abi.encode(READINGS_TYPEHASH, batch, hashWords(readings)));
    }

    /// @dev Position of the seller in the list of parties.
    function sellerOf(uint256 agreement) internal pure returns (uint256) {
        return (agreement >> 232) & 0xffff;
    }

    /// @dev Position of the buyer in the list of parties.
    function buyerOf(uint256 agreement) internal pure returns (uint256) {
        return (agreement >> 216) & 0xffff;
    }

    /// @dev Code of the energy's origin.
    function originOf(uint256 agreement) internal pure returns (uint256) {
        return (agreement >> 208) & 0xff;
    }

    /// @dev Energy [Wh].
    function quantityOf(uint256 agreement) internal pure returns (uint256) {
        return (agreement >> 176) & 0xffffffff;
    }

    /// @dev Price [n€/Wh].
    function priceOf(uint256 agreement) internal pure returns (uint256) {
        return (agreement >> 152) & 0xffffff;
    }

    /// @dev Fee rate [n€/Wh].
    function feeOf(uint256 agreement) internal pure returns (uint256) {
        return (agreement >> 128) & 0xffffff;
    }

    /// @dev Seller's collateral [n€], which is its whole escrow.
    function sellerEscrowOf(uint256 agreement) internal pure returns (uint256) {
        return (agreement >> 64) & 0xffffffffffffffff;
    }

    /// @dev (p + f)·q + buyer's collateral [n€].
    function buyerEscrowOf(uint256 agreement) internal pure returns (uint256) {
        unchecked {
            uint256 rate = priceOf(agreement) + feeOf(agreement);
            return rate * quantityOf(agreement) + (agreement & 0xffffffffffffffff);
        }
    }

    /// @dev The quantity, in the lane of its origin.
    function laneOf(uint256 agreement) internal pure returns (uint256) {
        unchecked {
            return quantityOf(agreement) << (originOf(agreement) * LANE_BITS);
        }
    }

    /// @dev EIP-712 hash of an array of words.
    function hashWords(uint256[] calldata words) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := shl(5, words.length)
            calldatacopy(free, words.offset, size)
            digest := keccak256(free, size)
        }
    }
}
