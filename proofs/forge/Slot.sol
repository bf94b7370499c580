// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Terms} from "./Deployed.sol";

/// @title A batch as the tests remember it, and what MODEL says of its settlement
/// @notice Written from the model and not from the contracts: plain loops, checked arithmetic.
struct Agreement {
    uint256 tier;
    uint256 seller;
    uint256 buyer;
    uint256 origin;
    uint256 quantity;
    uint256 price;
    uint256 fee;
    uint256 sellerCollateral;
    uint256 buyerCollateral;
}

struct Batch {
    Terms terms;
    Agreement[] agreements;
    uint256[] words;
    uint256[] parties;
    uint256[] counterOrders;
    /// Party number by position in the list.
    uint256[] members;
    /// Readings that settlements used, zero where none did.
    uint256[] used;
    bool open;
}

/// What a settlement does to each position of the list, and to the operators.
struct Effect {
    uint256[] unlocked;
    uint256[] credited;
    uint256 dso;
    uint256 stabiliser;
    uint256 settledWh;
    uint256 lapsedWh;
    bool[] settled;
}

library Model {
    uint256 internal constant USED_BEFORE = 1 << 67;

    function pack(Agreement memory a) internal pure returns (uint256) {
        return (a.tier << 248) | (a.seller << 232) | (a.buyer << 216) | (a.origin << 208) | (a.quantity << 176)
            | (a.price << 152) | (a.fee << 128) | (a.sellerCollateral << 64) | a.buyerCollateral;
    }

    function buyerEscrow(Agreement memory a) internal pure returns (uint256) {
        return (a.price + a.fee) * a.quantity + a.buyerCollateral;
    }

    /// @dev Purchases less sales of a position.
    function committedNet(Agreement[] memory agreements, uint256 position) internal pure returns (int256 net) {
        for (uint256 i = 0; i < agreements.length; ++i) {
            if (agreements[i].buyer == position) net += int256(agreements[i].quantity);
            if (agreements[i].seller == position) net -= int256(agreements[i].quantity);
        }
    }

    /// @dev ⌊D·S_k/Q⌋ − ⌊D·S_{k−1}/Q⌋ of agreement k, of its seller's or its buyer's deviation.
    function share(Agreement[] memory agreements, uint256 k, bool selling, int256 net)
        internal
        pure
        returns (uint256)
    {
        uint256 party = selling ? agreements[k].seller : agreements[k].buyer;
        uint256 total;
        uint256 before;
        for (uint256 i = 0; i < agreements.length; ++i) {
            if ((selling ? agreements[i].seller : agreements[i].buyer) != party) continue;
            total += agreements[i].quantity;
            if (i < k) before += agreements[i].quantity;
        }
        int256 excess = net - committedNet(agreements, party);
        if (!selling) excess = -excess;
        if (excess <= 0) return 0;
        uint256 deviation = uint256(excess) < total ? uint256(excess) : total;
        return deviation * (before + agreements[k].quantity) / total - deviation * before / total;
    }

    /// @dev Settles all agreements whose two readings are known, except those settled before.
    function settle(Batch memory b, int256[] memory net, bool[] memory known, bool[] memory usedBefore)
        internal
        pure
        returns (Effect memory e)
    {
        e = blank(b);
        for (uint256 k = 0; k < b.agreements.length; ++k) {
            Agreement memory a = b.agreements[k];
            if (!known[a.seller] || !known[a.buyer] || (usedBefore[a.seller] && usedBefore[a.buyer])) continue;
            uint256 x = share(b.agreements, k, true, net[a.seller]);
            uint256 y = share(b.agreements, k, false, net[a.buyer]);
            settleOne(e, k, a, x, y, b.terms);
        }
    }

    function settleOne(Effect memory e, uint256 k, Agreement memory a, uint256 x, uint256 y, Terms memory terms)
        private
        pure
    {
        uint256 m = x < y ? x : y;
        uint256 us = (x - m) * terms.shortRate;
        if (us > a.sellerCollateral) us = a.sellerCollateral;
        uint256 ub = (y - m) * terms.longRate;
        if (ub > a.buyerCollateral) ub = a.buyerCollateral;
        e.settled[k] = true;
        e.settledWh += a.quantity;
        e.lapsedWh += x;
        e.unlocked[a.seller] += a.sellerCollateral;
        e.unlocked[a.buyer] += buyerEscrow(a);
        e.credited[a.seller] += a.price * (a.quantity - x) + a.sellerCollateral - us;
        e.credited[a.buyer] += buyerEscrow(a) - (a.price + a.fee) * (a.quantity - m) - ub;
        e.dso += a.fee * (a.quantity - m);
        e.stabiliser += a.price * (x - m) + us + ub;
    }

    /// @dev Gives back every agreement that was not settled.
    function release(Batch memory b) internal pure returns (Effect memory e) {
        e = blank(b);
        for (uint256 k = 0; k < b.agreements.length; ++k) {
            Agreement memory a = b.agreements[k];
            if (b.used[a.seller] != 0 && b.used[a.buyer] != 0) continue;
            e.settled[k] = true;
            e.settledWh += a.quantity;
            e.lapsedWh += a.quantity;
            e.unlocked[a.seller] += a.sellerCollateral;
            e.credited[a.seller] += a.sellerCollateral;
            e.unlocked[a.buyer] += buyerEscrow(a);
            e.credited[a.buyer] += buyerEscrow(a);
        }
    }

    function blank(Batch memory b) private pure returns (Effect memory e) {
        e.unlocked = new uint256[](b.members.length);
        e.credited = new uint256[](b.members.length);
        e.settled = new bool[](b.agreements.length);
    }
}
