// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchTerms} from "./BatchTerms.sol";
import {PartyTable, PartyTables} from "./PartyTable.sol";

/// @title What a batch of agreements asks of its parties
/// @notice Refuses what is not a proper batch, and sums up who has to lock how much and who declares
/// how much energy. Escrow of a buyer: (p + f)·q + its collateral; of a seller: its collateral.
library Commitment {
    using BatchTerms for uint256;

    uint256 private constant HALF = 128;
    uint256 private constant AMOUNT64 = 0xffffffffffffffff;
    // Copies, since assembly reads only constants of its own library.
    uint256 private constant RECORD = 0xa0;
    uint256 private constant FLOW = 0x60;
    uint256 private constant LANES = 0x80;

    /// @notice A batch without agreements.
    error EmptyBatch();
    /// @notice Agreements are not strictly increasing by tier, seller, buyer.
    error UnsortedAgreements(uint256 index);
    /// @notice Seller or buyer is not in the list of parties, or they are the same.
    error BadParties(uint256 index);
    /// @notice An agreement on nothing.
    error ZeroQuantity(uint256 index);
    /// @notice No such market tier.
    error UnknownTier(uint256 tier);
    /// @notice No such origin.
    error UnknownOrigin(uint256 index);

    /// @dev Fills flows (sales << 128 | escrow) and lanes of a table of `count` parties. The sales are
    /// there to prove that no lane overflowed.
    function compute(uint256[] calldata agreements, uint256 count) internal pure returns (PartyTable table) {
        if (agreements.length == 0) revert EmptyBatch();
        table = PartyTables.create(count);
        uint256 refused;
        uint256 next;
        assembly ("memory-safe") {
            let at := agreements.offset
            let end := add(at, shl(5, agreements.length))
            for {} lt(at, end) { at := add(at, 0x20) } {
                let agreement := calldataload(at)
                let rank := shr(216, agreement)
                let seller := and(shr(16, rank), 0xffff)
                let buyer := and(rank, 0xffff)
                let lane := and(shr(208, agreement), 0xff)
                let quantity := and(shr(176, agreement), 0xffffffff)
                if or(
                    or(or(lt(rank, next), eq(seller, buyer)), or(iszero(quantity), gt(lane, 7))),
                    iszero(and(lt(seller, count), lt(buyer, count)))
                ) {
                    refused := 1
                    break
                }
                next := add(rank, 1)
                seller := add(table, mul(seller, RECORD))
                mstore(
                    add(seller, FLOW),
                    add(mload(add(seller, FLOW)), or(shl(HALF, quantity), and(shr(64, agreement), AMOUNT64)))
                )
                mstore(add(seller, LANES), add(mload(add(seller, LANES)), shl(shl(5, lane), quantity)))
                buyer := add(add(table, mul(buyer, RECORD)), FLOW)
                let rate := add(and(shr(152, agreement), 0xffffff), and(shr(128, agreement), 0xffffff))
                mstore(buyer, add(mload(buyer), add(mul(rate, quantity), and(agreement, AMOUNT64))))
            }
        }
        if (refused != 0) _refuse(agreements, count);
        // Ranks increase, so the last tier is the highest.
        if ((next - 1) >> 32 >= BatchTerms.TIERS) revert UnknownTier((next - 1) >> 32);
    }

    /// @dev Says which agreement is wrong in which way; `compute` found one.
    function _refuse(uint256[] calldata agreements, uint256 count) private pure {
        uint256 next;
        for (uint256 i = 0; i < agreements.length; ++i) {
            uint256 agreement = agreements[i];
            uint256 seller = agreement.sellerOf();
            uint256 buyer = agreement.buyerOf();
            if (agreement >> 216 < next) revert UnsortedAgreements(i);
            if (seller >= count || buyer >= count || seller == buyer) revert BadParties(i);
            if (agreement.quantityOf() == 0) revert ZeroQuantity(i);
            if (agreement.originOf() >= BatchTerms.ORIGINS) revert UnknownOrigin(i);
            next = (agreement >> 216) + 1;
        }
    }
}
