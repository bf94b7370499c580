// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchTerms} from "contracts/BatchTerms.sol";
import {OrderTerms} from "contracts/OrderTerms.sol";
import {PartyTable, PartyTables} from "contracts/PartyTable.sol";

/// @title What is packed comes out as it went in, and nothing spills into its neighbour
contract PackingProofs {
    using BatchTerms for uint256;

    /// @notice The fields of an agreement's word, each as packed whatever stands around it.
    function check_an_agreement_is_read_as_packed(uint256 around, uint32 quantity, uint24 price, uint24 fee)
        external
        pure
    {
        uint256 word = around & ~(((uint256(1) << 80) - 1) << 128);
        word |= (uint256(quantity) << 176) | (uint256(price) << 152) | (uint256(fee) << 128);
        assert(word.quantityOf() == quantity && word.priceOf() == price && word.feeOf() == fee);
    }

    /// @notice The fields beside those.
    function check_an_agreements_parties_are_read_as_packed(uint256 around, uint16 seller, uint16 buyer, uint8 origin)
        external
        pure
    {
        uint256 word = around & ~(((uint256(1) << 40) - 1) << 208);
        word |= (uint256(seller) << 232) | (uint256(buyer) << 216) | (uint256(origin) << 208);
        assert(word.sellerOf() == seller && word.buyerOf() == buyer && word.originOf() == origin);
        assert(word.sellerEscrowOf() == (around >> 64) & type(uint64).max);
    }

    /// @notice No agreement's escrow leaves the bits that the sums rely on.
    function check_an_escrow_stays_below_its_bound(uint256 word) external pure {
        assert(word.sellerEscrowOf() < 1 << 64);
        assert(word.buyerEscrowOf() < 1 << 66);
    }

    /// @notice An order's nonce, whatever stands around it.
    function check_a_nonce_is_read_as_packed(uint256 word, uint32 nonce) external pure {
        uint256 bits = uint256(nonce) & ((1 << 30) - 1);
        uint256 mask = ((1 << 30) - 1) << 225;
        assert(OrderTerms.nonceOf((word & ~mask) | (bits << 225)) == bits);
    }

    /// @notice What is given back to one party reaches its record and no other.
    function check_records_of_a_table_stay_apart(uint96 escrow, uint256 lanes) external pure {
        for (uint256 one = 0; one < 3; ++one) {
            PartyTable table = PartyTables.create(3);
            PartyTables.giveBack(table, one, escrow, lanes);
            for (uint256 i = 0; i < 3; ++i) {
                assert(PartyTables.flowOf(table, i) == (i == one ? uint256(escrow) << 128 | escrow : 0));
            }
        }
    }
}
