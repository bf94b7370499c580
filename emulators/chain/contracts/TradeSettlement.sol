// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchTerms} from "./BatchTerms.sol";

/// @title The incomplete settlement of a single contract
/// @notice The same arithmetic as `Settlement`, where the sums of a party's slot come from storage.
library TradeSettlement {
    using BatchTerms for uint256;

    uint256 private constant HALF = 128;
    uint256 private constant NET = 0x7fffffffffffffff;

    /// @notice Who is paid what.
    /// @param sellerFlow escrow unlocked << 128 | money credited [n€]
    /// @param buyerFlow escrow unlocked << 128 | money credited [n€]
    /// @param dsoPaid path fee [n€]
    /// @param stabiliserPaid what broken commitments cost [n€]
    /// @param lapsed what was not delivered [Wh]
    struct Outcome {
        uint256 sellerFlow;
        uint256 buyerFlow;
        uint256 dsoPaid;
        uint256 stabiliserPaid;
        uint256 lapsed;
    }

    /// @dev A party's deviation in a slot with `purchases` and `sales` [Wh]: short as a buyer where it
    /// measured less than their difference, short as a seller where more. `reading` as in `BatchTerms`.
    function deviation(uint256 reading, uint256 purchases, uint256 sales)
        internal
        pure
        returns (uint256 shortAsBuyer, uint256 shortAsSeller)
    {
        int256 measured = int256(reading & NET);
        if ((reading >> 63) & 1 != 0) measured = -measured;
        int256 excess = measured - int256(purchases) + int256(sales);
        if (excess < 0) {
            shortAsBuyer = uint256(-excess) < purchases ? uint256(-excess) : purchases;
        } else {
            shortAsSeller = uint256(excess) < sales ? uint256(excess) : sales;
        }
    }

    /// @dev What a contract over `quantity` bears of a deviation, where `sum` of the side's `total` was
    /// committed before it: ⌊D·(S + q)/Q⌋ − ⌊D·S/Q⌋.
    function share(uint256 deviation_, uint256 sum, uint256 quantity, uint256 total) internal pure returns (uint256) {
        return deviation_ * (sum + quantity) / total - deviation_ * sum / total;
    }

    /// @dev Seller short by `x`, buyer short by `y` [Wh].
    function settle(uint256 agreement, uint256 x, uint256 y, uint256 shortRate, uint256 longRate)
        internal
        pure
        returns (Outcome memory outcome)
    {
        uint256 void = x < y ? x : y;
        uint256 quantity = agreement.quantityOf();
        uint256 price = agreement.priceOf();
        uint256 sellerEscrow = agreement.sellerEscrowOf();
        uint256 buyerEscrow = agreement.buyerEscrowOf();
        uint256 sellerLost = _min(sellerEscrow, (x - void) * shortRate);
        uint256 buyerLost = _min(agreement & 0xffffffffffffffff, (y - void) * longRate);
        outcome.lapsed = x;
        outcome.dsoPaid = agreement.feeOf() * (quantity - void);
        outcome.stabiliserPaid = price * (x - void) + sellerLost + buyerLost;
        outcome.sellerFlow = (sellerEscrow << HALF) | (price * (quantity - x) + sellerEscrow - sellerLost);
        outcome.buyerFlow = (buyerEscrow << HALF)
            | (buyerEscrow - (price + agreement.feeOf()) * (quantity - void) - buyerLost);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
