// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchTerms} from "./BatchTerms.sol";
import {PartyTable, PartyTables} from "./PartyTable.sol";

/// @title The incomplete settlement
/// @notice Who is paid what when commitments and meters differ. In an agreement over q at price p and
/// fee f, with the seller short by x, the buyer by y, and m = min(x, y) void:
/// the seller is paid p·(q − x) and gets back its collateral less u_s = min(C_s, (x − m)·π_short);
/// the buyer pays (p + f)·(q − m) + u_b with u_b = min(C_b, (y − m)·π_long) and gets back the rest;
/// the stabiliser is paid p·(x − m) + u_s + u_b; the DSO f·(q − m). What goes in comes out.
/// @dev The loops are in assembly: they are most of what a settlement costs. Nothing in them can
/// overflow (bounds in `BatchTerms`) or leave the table (see `PartyTable`).
library Settlement {
    using BatchTerms for uint256;

    uint256 private constant HALF = 128;
    uint256 private constant LOW_HALF = 0xffffffffffffffffffffffffffffffff;
    uint256 private constant AMOUNT64 = 0xffffffffffffffff;
    // Copies, since assembly reads only constants of its own library.
    uint256 private constant RECORD = 0xa0;
    uint256 private constant DEVIATION = 0x20;
    uint256 private constant RUNNING = 0x40;
    uint256 private constant FLOW = 0x60;
    uint256 private constant LANES = 0x80;
    uint256 private constant OPEN = 1 << 255;

    /// @notice What a settlement comes to beside its parties.
    /// @param dsoPaid path fees [n€]
    /// @param stabiliserPaid what broken commitments cost [n€]
    /// @param settledWh sum of the quantities settled now
    /// @param lapsedWh how much of it was not delivered
    /// @param open whether agreements stay in escrow
    struct Outcome {
        uint256 dsoPaid;
        uint256 stabiliserPaid;
        uint256 settledWh;
        uint256 lapsedWh;
        bool open;
    }

    /// @notice A reading with bits that mean nothing.
    error MalformedReading(uint256 index);

    /// @dev Settles every agreement whose two readings are there, except those settled before.
    function compute(
        uint256[] calldata agreements,
        uint256[] calldata readings,
        uint256 shortRate,
        uint256 longRate
    ) internal pure returns (PartyTable table, Outcome memory outcome) {
        table = PartyTables.create(readings.length);
        _sumUp(table, agreements);
        _deviate(table, readings);
        (uint256 paid, uint256 tokens) = _payAll(table, agreements, (shortRate << 32) | longRate);
        outcome.dsoPaid = paid >> HALF;
        outcome.stabiliserPaid = paid & LOW_HALF;
        outcome.settledWh = tokens & LOW_HALF;
        outcome.lapsedWh = (tokens & ~OPEN) >> HALF;
        outcome.open = tokens & OPEN != 0;
    }

    /// @dev Gives back the whole escrow of every agreement that was not settled.
    function giveBack(uint256[] calldata agreements, uint256[] calldata readings)
        internal
        pure
        returns (PartyTable table, uint256 lapsedWh)
    {
        table = PartyTables.create(readings.length);
        for (uint256 i = 0; i < agreements.length; ++i) {
            uint256 agreement = agreements[i];
            uint256 seller = agreement.sellerOf();
            uint256 buyer = agreement.buyerOf();
            if (readings[seller] & readings[buyer] & BatchTerms.USED_BEFORE != 0) continue;
            table.giveBack(seller, agreement.sellerEscrowOf(), agreement.laneOf());
            table.giveBack(buyer, agreement.buyerEscrowOf(), 0);
            lapsedWh += agreement.quantityOf();
        }
    }

    /// @dev Fills the totals.
    function _sumUp(PartyTable table, uint256[] calldata agreements) private pure {
        assembly ("memory-safe") {
            let end := add(agreements.offset, shl(5, agreements.length))
            for { let at := agreements.offset } lt(at, end) { at := add(at, 0x20) } {
                let agreement := calldataload(at)
                let quantity := and(shr(176, agreement), 0xffffffff)
                let record := add(table, mul(and(shr(232, agreement), 0xffff), RECORD))
                mstore(record, add(mload(record), shl(HALF, quantity)))
                record := add(table, mul(and(shr(216, agreement), 0xffff), RECORD))
                mstore(record, add(mload(record), quantity))
            }
        }
    }

    /// @dev Fills the deviations. With N = purchases − sales committed and n measured: n < N is short as
    /// a buyer by min(purchases, N − n), n > N as a seller by min(sales, n − N). Marks: bit 255, the
    /// reading is missing; bit 254, an earlier settlement used it.
    function _deviate(PartyTable table, uint256[] calldata readings) private pure {
        uint256 malformed;
        assembly ("memory-safe") {
            let record := table
            let end := add(readings.offset, shl(5, readings.length))
            for { let at := readings.offset } lt(at, end) { at := add(at, 0x20) } {
                let reading := calldataload(at)
                let quality := shr(64, reading)
                let deviation := shl(255, 1)
                // 1 measured, 2 substituted, 4 reviewed; 9, 10 and 12 the same but used before.
                switch and(shl(quality, 1), 0x1616)
                case 0 {
                    if reading {
                        malformed := sub(at, sub(readings.offset, 0x20))
                        break
                    }
                }
                default {
                    let excess := and(reading, 0x7fffffffffffffff)
                    if and(shr(63, reading), 1) { excess := sub(0, excess) }
                    let sold := mload(record)
                    let bought := and(sold, LOW_HALF)
                    sold := shr(HALF, sold)
                    excess := add(sub(excess, bought), sold)
                    switch slt(excess, 0)
                    case 0 {
                        if gt(excess, sold) { excess := sold }
                        deviation := shl(HALF, excess)
                    }
                    default {
                        deviation := sub(0, excess)
                        if gt(deviation, bought) { deviation := bought }
                    }
                    deviation := or(deviation, shl(254, gt(quality, 7)))
                }
                mstore(add(record, DEVIATION), deviation)
                record := add(record, RECORD)
            }
        }
        if (malformed != 0) revert MalformedReading((malformed >> 5) - 1);
    }

    /// @dev Fills flows and lanes, in order of agreement id. A party's deviation D is spread over its
    /// agreements of that side: with the running sum S of their quantities and the side's sum Q,
    /// agreement k bears ⌊D·S_k/Q⌋ − ⌊D·S_{k−1}/Q⌋, which is exact and never more than its quantity.
    /// Returns the DSO's << 128 | the stabiliser's money, and lapsed << 128 | settled energy with a mark
    /// on top (bit 255) where agreements stay open.
    function _payAll(PartyTable table, uint256[] calldata agreements, uint256 rates)
        private
        pure
        returns (uint256 paid, uint256 tokens)
    {
        assembly ("memory-safe") {
            let end := add(agreements.offset, shl(5, agreements.length))
            for { let at := agreements.offset } lt(at, end) { at := add(at, 0x20) } {
                let agreement := calldataload(at)
                let quantity := and(shr(176, agreement), 0xffffffff)
                let seller := add(table, mul(and(shr(232, agreement), 0xffff), RECORD))
                let buyer := add(table, mul(and(shr(216, agreement), 0xffff), RECORD))
                let x := mload(add(seller, DEVIATION))
                let y := mload(add(buyer, DEVIATION))
                // 2: a reading is missing; 4: both were used before.
                let marks := or(shr(254, or(x, y)), shl(2, shr(254, and(x, y))))
                x := and(shr(HALF, x), AMOUNT64)
                y := and(y, AMOUNT64)
                if x {
                    let sum := mload(add(seller, RUNNING))
                    mstore(add(seller, RUNNING), add(sum, shl(HALF, quantity)))
                    sum := shr(HALF, sum)
                    let total := shr(HALF, mload(seller))
                    x := sub(div(mul(x, add(sum, quantity)), total), div(mul(x, sum), total))
                }
                if y {
                    let sum := mload(add(buyer, RUNNING))
                    mstore(add(buyer, RUNNING), add(sum, quantity))
                    sum := and(sum, LOW_HALF)
                    let total := and(mload(buyer), LOW_HALF)
                    y := sub(div(mul(y, add(sum, quantity)), total), div(mul(y, sum), total))
                }
                if gt(marks, 1) {
                    if and(marks, 2) { tokens := or(tokens, shl(255, 1)) }
                    continue
                }
                let void := x
                if lt(y, x) { void := y }
                x := sub(x, void)
                y := sub(y, void)
                tokens := add(tokens, or(shl(HALF, add(x, void)), quantity))

                let price := and(shr(152, agreement), 0xffffff)
                let collateral := and(shr(64, agreement), AMOUNT64)
                let lost := mul(x, shr(32, rates))
                if gt(lost, collateral) { lost := collateral }
                paid := add(paid, add(mul(price, x), lost))
                x := add(mul(price, sub(sub(quantity, void), x)), sub(collateral, lost))
                mstore(add(seller, FLOW), add(mload(add(seller, FLOW)), or(shl(HALF, collateral), x)))
                x := shl(shl(5, and(shr(208, agreement), 0xff)), quantity)
                mstore(add(seller, LANES), add(mload(add(seller, LANES)), x))

                collateral := and(agreement, AMOUNT64)
                lost := mul(y, and(rates, 0xffffffff))
                if gt(lost, collateral) { lost := collateral }
                x := and(shr(128, agreement), 0xffffff)
                paid := add(paid, or(shl(HALF, mul(x, sub(quantity, void))), lost))
                price := add(price, x)
                // Of its escrow (p + f)·q + C_b the buyer gets back (p + f)·m + C_b − u_b.
                x := or(
                    shl(HALF, add(mul(price, quantity), collateral)),
                    add(mul(price, void), sub(collateral, lost))
                )
                mstore(add(buyer, FLOW), add(mload(add(buyer, FLOW)), x))
            }
        }
    }
}
