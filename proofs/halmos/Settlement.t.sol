// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchTerms} from "contracts/BatchTerms.sol";
import {PartyTable} from "contracts/PartyTable.sol";
import {Settlement} from "contracts/Settlement.sol";
import {TradeSettlement} from "contracts/TradeSettlement.sol";

/// @title The assembly of a batch, seen from outside
contract BatchOfOne {
    function settle(uint256[] calldata agreements, uint256[] calldata readings, uint256 shortRate, uint256 longRate)
        external
        pure
        returns (Settlement.Outcome memory outcome, uint256 seller, uint256 buyer)
    {
        PartyTable table;
        (table, outcome) = Settlement.compute(agreements, readings, shortRate, longRate);
        (seller, buyer) = (table.flowOf(0), table.flowOf(1));
    }
}

/// @title The arithmetic of one contract
contract SettlementProofs {
    using BatchTerms for uint256;

    BatchOfOne private _batch = new BatchOfOne();

    /// @notice A deviation is on one side only and never more than what was agreed there.
    function check_a_deviation_is_bounded_and_one_sided(uint64 reading, uint56 purchases, uint56 sales)
        external
        pure
    {
        (uint256 asBuyer, uint256 asSeller) = TradeSettlement.deviation(reading, purchases, sales);
        assert(asBuyer <= purchases && asSeller <= sales);
        assert(asBuyer == 0 || asSeller == 0);
    }

    /// @notice Who does as agreed has no deviation.
    function check_keeping_ones_word_is_no_deviation(uint56 purchases, uint56 sales) external pure {
        uint256 reading = purchases >= sales
            ? uint256(purchases) - sales
            : (uint256(sales) - purchases) | (1 << 63);
        (uint256 asBuyer, uint256 asSeller) = TradeSettlement.deviation(reading, purchases, sales);
        assert(asBuyer == 0 && asSeller == 0);
    }

    /// @notice What goes in comes out, to the n€.
    function testFuzz_money_is_conserved(uint256 word, uint32 x, uint32 y, uint32 shortRate, uint32 longRate)
        external
        pure
    {
        if (x > word.quantityOf() || y > word.quantityOf()) return;
        TradeSettlement.Outcome memory o = TradeSettlement.settle(word, x, y, shortRate, longRate);
        uint256 mask = type(uint128).max;
        assert((o.sellerFlow >> 128) + (o.buyerFlow >> 128)
            == (o.sellerFlow & mask) + (o.buyerFlow & mask) + o.dsoPaid + o.stabiliserPaid);
    }

    /// @notice A buyer that does as agreed gets its collateral back, however short the seller.
    function check_a_buyer_that_keeps_its_word(uint256 word, uint32 x, uint32 shortRate, uint32 longRate)
        external
        pure
    {
        if (x > word.quantityOf()) return;
        TradeSettlement.Outcome memory o = TradeSettlement.settle(word, x, 0, shortRate, longRate);
        assert(o.buyerFlow & type(uint128).max == word & type(uint64).max);
    }

    /// @notice A seller that does as agreed is paid in full, however short the buyer.
    function check_a_seller_that_keeps_its_word(uint256 word, uint32 y, uint32 shortRate, uint32 longRate)
        external
        pure
    {
        if (y > word.quantityOf()) return;
        TradeSettlement.Outcome memory o = TradeSettlement.settle(word, 0, y, shortRate, longRate);
        uint256 agreed = word.priceOf() * word.quantityOf() + word.sellerEscrowOf();
        assert(o.sellerFlow & type(uint128).max == agreed);
    }

    /// @notice Nobody's escrow is exceeded and nothing overflows: no input makes it revert.
    function testFuzz_no_input_overflows(uint256 word, uint32 x, uint32 y, uint32 shortRate, uint32 longRate)
        external
        view
    {
        if (x > word.quantityOf() || y > word.quantityOf()) return;
        try this.settle(word, x, y, shortRate, longRate) {}
        catch {
            assert(false);
        }
    }

    /// @notice For `testFuzz_no_input_overflows`.
    function settle(uint256 word, uint256 x, uint256 y, uint256 shortRate, uint256 longRate)
        external
        pure
        returns (TradeSettlement.Outcome memory)
    {
        return TradeSettlement.settle(word, x, y, shortRate, longRate);
    }

    /// @notice The assembly that settles batches pays what the plain arithmetic pays.
    function testFuzz_the_assembly_agrees(
        uint256 terms,
        uint64 sellers,
        uint64 buyers,
        uint32 shortRate,
        uint32 longRate
    ) external view {
        uint256 word = (terms & ((1 << 208) - 1)) | (1 << 248) | (1 << 216); // seller 0, buyer 1, origin 0
        uint256 quantity = word.quantityOf();
        if (quantity == 0) return;
        uint256[] memory agreements = new uint256[](1);
        uint256[] memory readings = new uint256[](2);
        agreements[0] = word;
        (readings[0], readings[1]) = (BatchTerms.MEASURED | sellers, BatchTerms.MEASURED | buyers);
        (Settlement.Outcome memory made, uint256 seller, uint256 buyer) =
            _batch.settle(agreements, readings, shortRate, longRate);

        (, uint256 x) = TradeSettlement.deviation(sellers, 0, quantity);
        (uint256 y,) = TradeSettlement.deviation(buyers, quantity, 0);
        if (x != 0) x = TradeSettlement.share(x, 0, quantity, quantity);
        if (y != 0) y = TradeSettlement.share(y, 0, quantity, quantity);
        TradeSettlement.Outcome memory o = TradeSettlement.settle(word, x, y, shortRate, longRate);
        assert(made.dsoPaid == o.dsoPaid && made.stabiliserPaid == o.stabiliserPaid);
        assert(made.lapsedWh == o.lapsed && made.settledWh == quantity && !made.open);
        assert(seller == o.sellerFlow && buyer == o.buyerFlow);
    }
}
