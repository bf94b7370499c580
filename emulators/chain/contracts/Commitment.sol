// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchTerms} from "./BatchTerms.sol";
import {PartyTable, PartyTables} from "./PartyTable.sol";

/// @title What a batch of agreements asks of its parties
/// @notice Refuses what is not a proper batch or not within its parties' orders, and sums up who has to
/// lock how much and who declares how much energy. Escrow of a buyer: (p + f)·q + its collateral; of a seller: its collateral.
library Commitment {
    using BatchTerms for uint256;

    uint256 private constant HALF = 128;
    uint256 private constant LOW_HALF = 0xffffffffffffffffffffffffffffffff;
    uint256 private constant AMOUNT64 = 0xffffffffffffffff;
    uint256 private constant RATE = 0x1ffffff;
    uint256 private constant ALLOWED = 0x1ffffffffffffffff;
    // Copies, since assembly reads only constants of its own library.
    uint256 private constant RECORD = 0xa0;
    uint256 private constant OFFER = 0x20;
    uint256 private constant REQUEST = 0x40;
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

    /// @notice The price is below what the seller's order takes.
    error PriceBelowLimit(uint256 index);
    /// @notice Price and fee together are above what the buyer's order gives.
    error PriceAboveLimit(uint256 index);
    /// @notice The seller does not offer energy of that origin, or the buyer does not accept it.
    error OriginNotAccepted(uint256 index);
    /// @notice Behind one meter there is no path to pay for.
    error FeeBehindMeter(uint256 index);
    /// @notice The agreements of a party come to more than its order; `index` is its position.
    error OrderExceeded(uint256 index);
    /// @notice A second order must be of the other side than the first, and of a party of the list.
    error BadCounterOrder(uint256 index);

    /// @dev Fills totals, flows (escrow) and lanes of a table of one record per party. That no party
    /// sells more than its order proves that no lane overflowed.
    function compute(uint256[] calldata agreements, uint256[] calldata parties, uint256[] calldata counterOrders)
        internal
        pure
        returns (PartyTable table)
    {
        if (agreements.length == 0) revert EmptyBatch();
        table = PartyTables.create(parties.length);
        _takeOrders(table, parties);
        _takeCounterOrders(table, parties.length, counterOrders);
        uint256 count = parties.length;
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
                buyer := add(table, mul(buyer, RECORD))
                let offer := mload(add(seller, OFFER))
                let request := mload(add(buyer, REQUEST))
                let price := and(shr(152, agreement), 0xffffff)
                let fee := and(shr(128, agreement), 0xffffff)
                let rate := add(price, fee)
                if or(
                    or(lt(price, and(shr(8, offer), RATE)), gt(rate, and(shr(8, request), RATE))),
                    or(iszero(and(shr(lane, and(offer, request)), 1)), lt(shr(32, rank), iszero(iszero(fee))))
                ) {
                    refused := 1
                    break
                }
                mstore(seller, add(mload(seller), shl(HALF, quantity)))
                mstore(buyer, add(mload(buyer), quantity))
                mstore(add(seller, FLOW), add(mload(add(seller, FLOW)), and(shr(64, agreement), AMOUNT64)))
                mstore(add(seller, LANES), add(mload(add(seller, LANES)), shl(shl(5, lane), quantity)))
                buyer := add(buyer, FLOW)
                mstore(buyer, add(mload(buyer), add(mul(rate, quantity), and(agreement, AMOUNT64))))
            }
        }
        if (refused != 0) _refuse(table, agreements, count);
        // Ranks increase, so the last tier is the highest.
        if ((next - 1) >> 32 >= BatchTerms.TIERS) revert UnknownTier((next - 1) >> 32);
        _requireWithinOrders(table, count);
    }

    /// @dev Puts what each party's order allows into its record.
    function _takeOrders(PartyTable table, uint256[] calldata parties) private pure {
        assembly ("memory-safe") {
            let record := table
            let end := add(parties.offset, shl(5, parties.length))
            for { let at := parties.offset } lt(at, end) { at := add(at, 0x20) } {
                let word := calldataload(at)
                mstore(add(record, shl(5, add(1, shr(255, word)))), and(shr(160, word), ALLOWED))
                record := add(record, RECORD)
            }
        }
    }

    /// @dev The same for second orders.
    function _takeCounterOrders(PartyTable table, uint256 count, uint256[] calldata counterOrders) private pure {
        for (uint256 i = 0; i < counterOrders.length; ++i) {
            uint256 word = counterOrders[i];
            uint256 party = uint160(word);
            if (party >= count || !table.addOrder(party, word)) revert BadCounterOrder(i);
        }
    }

    /// @dev Refuses where a party sells or buys more than its order says.
    function _requireWithinOrders(PartyTable table, uint256 count) private pure {
        uint256 exceeded;
        assembly ("memory-safe") {
            let record := table
            let end := add(table, mul(count, RECORD))
            for {} lt(record, end) { record := add(record, RECORD) } {
                let totals := mload(record)
                if or(
                    gt(shr(HALF, totals), shr(33, mload(add(record, OFFER)))),
                    gt(and(totals, LOW_HALF), shr(33, mload(add(record, REQUEST))))
                ) {
                    exceeded := add(div(sub(record, table), RECORD), 1)
                    break
                }
            }
        }
        if (exceeded != 0) revert OrderExceeded(exceeded - 1);
    }

    /// @dev Says which agreement is wrong in which way; `compute` found one.
    function _refuse(PartyTable table, uint256[] calldata agreements, uint256 count) private pure {
        uint256 next;
        for (uint256 i = 0; i < agreements.length; ++i) {
            uint256 agreement = agreements[i];
            uint256 seller = agreement.sellerOf();
            uint256 buyer = agreement.buyerOf();
            if (agreement >> 216 < next) revert UnsortedAgreements(i);
            if (seller >= count || buyer >= count || seller == buyer) revert BadParties(i);
            if (agreement.quantityOf() == 0) revert ZeroQuantity(i);
            if (agreement.originOf() >= BatchTerms.ORIGINS) revert UnknownOrigin(i);
            (uint256 offer, uint256 request) = (table.offerOf(seller), table.requestOf(buyer));
            if ((offer & request) >> agreement.originOf() & 1 == 0) revert OriginNotAccepted(i);
            if (agreement.priceOf() < (offer >> 8) & RATE) revert PriceBelowLimit(i);
            if (agreement.priceOf() + agreement.feeOf() > (request >> 8) & RATE) revert PriceAboveLimit(i);
            if (agreement >> 248 == 0 && agreement.feeOf() != 0) revert FeeBehindMeter(i);
            next = (agreement >> 216) + 1;
        }
    }
}
