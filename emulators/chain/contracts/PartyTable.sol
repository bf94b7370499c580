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
/// flow: escrow unlocked << 128 | money credited [n€]; while a batch is committed, sales [Wh] << 128
/// | escrow to be locked [n€];
/// lanes: energy declared, one 32-bit lane per origin [Wh].
/// @dev Records are read and written without bounds check. Every index comes from an agreement word:
/// `commit` refuses words whose seller or buyer is not in the list of parties, and `settle` and
/// `release` take only words that were committed.
library PartyTables {
    uint256 private constant RECORD = 0xa0;
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

    /// @dev Unlocks and credits `escrow` in full, and ends `lanes` of tokens.
    function giveBack(PartyTable table, uint256 party, uint256 escrow, uint256 lanes) internal pure {
        assembly ("memory-safe") {
            let record := add(table, mul(party, RECORD))
            mstore(add(record, FLOW), add(mload(add(record, FLOW)), or(shl(128, escrow), escrow)))
            mstore(add(record, LANES), add(mload(add(record, LANES)), lanes))
        }
    }

    /// @dev Those of `parties` whose lanes are not empty, and their lanes.
    function sellers(PartyTable table, address[] calldata parties)
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
