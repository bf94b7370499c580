// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev A place in memory where the records of a batch's parties begin.
type PartyTable is uint256;

using PartyTables for PartyTable global;

/// @title What a batch comes to for each of its parties, in memory
/// @notice One record of five words per party, in the order of the signed list:
/// totals: committed sales << 128 | purchases [Wh];
/// deviation: short as a seller << 128 | short as a buyer [Wh], and two marks on top;
/// running: sums of the sales << 128 | purchases passed so far [Wh];
/// flow: escrow unlocked << 128 | money credited [n€]; while a batch is committed, escrow to be locked;
/// lanes: energy declared, one 32-bit lane per origin [Wh].
/// While a batch is committed, the second and third word hold what the party's offer and request allow
/// (lowest 65 bits of `OrderTerms`).
/// @dev Records are read and written without bounds check. Every index comes from an agreement word:
/// `commit` refuses words whose seller or buyer is not in the list of parties, and `settle` and
/// `release` take only words that were committed.
library PartyTables {
    uint256 private constant RECORD = 0xa0;
    uint256 private constant OFFER = 0x20;
    uint256 private constant REQUEST = 0x40;
    uint256 private constant FLOW = 0x60;
    uint256 private constant LANES = 0x80;

    /// @dev A table of `count` records, all zero.
    function create(uint256 count) internal pure returns (PartyTable table) {
        uint256[] memory words = new uint256[](count * (RECORD / 32));
        assembly ("memory-safe") {
            table := add(words, 0x20)
        }
    }

    function flowOf(PartyTable table, uint256 party) internal pure returns (uint256 flow) {
        assembly ("memory-safe") {
            flow := mload(add(add(table, mul(party, RECORD)), FLOW))
        }
    }

    /// @dev What the party's offer allows, zero where it has none.
    function offerOf(PartyTable table, uint256 party) internal pure returns (uint256 order) {
        assembly ("memory-safe") {
            order := mload(add(add(table, mul(party, RECORD)), OFFER))
        }
    }

    /// @dev What the party's request allows, zero where it has none.
    function requestOf(PartyTable table, uint256 party) internal pure returns (uint256 order) {
        assembly ("memory-safe") {
            order := mload(add(add(table, mul(party, RECORD)), REQUEST))
        }
    }

    /// @dev Adds a party's second order; false where it has one of that side already.
    function addOrder(PartyTable table, uint256 party, uint256 word) internal pure returns (bool added) {
        assembly ("memory-safe") {
            let place := add(add(table, mul(party, RECORD)), shl(5, add(1, shr(255, word))))
            added := iszero(mload(place))
            mstore(place, and(shr(160, word), 0x1ffffffffffffffff))
        }
    }

    /// @dev Unlocks and credits `escrow` in full, and ends `lanes` of tokens.
    function giveBack(PartyTable table, uint256 party, uint256 escrow, uint256 lanes) internal pure {
        assembly ("memory-safe") {
            let record := add(table, mul(party, RECORD))
            mstore(add(record, FLOW), add(mload(add(record, FLOW)), or(shl(128, escrow), escrow)))
            mstore(add(record, LANES), add(mload(add(record, LANES)), lanes))
        }
    }

    /// @dev Those of `parties` whose lanes are not empty, and their lanes.
    function sellers(PartyTable table, uint256[] calldata parties)
        internal
        pure
        returns (address[] memory found, uint256[] memory lanes)
    {
        found = new address[](parties.length);
        lanes = new uint256[](parties.length);
        assembly ("memory-safe") {
            let into := 0x20
            let record := add(table, LANES)
            let end := add(parties.offset, shl(5, parties.length))
            for { let at := parties.offset } lt(at, end) { at := add(at, 0x20) } {
                let lane := mload(record)
                if lane {
                    mstore(add(lanes, into), lane)
                    mstore(add(found, into), shr(96, shl(96, calldataload(at))))
                    into := add(into, 0x20)
                }
                record := add(record, RECORD)
            }
            let count := sub(shr(5, into), 1)
            mstore(lanes, count)
            mstore(found, count)
        }
    }
}
