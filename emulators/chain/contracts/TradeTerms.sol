// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What is signed where each contract stands alone
/// @notice An order is signed by its party, a contract by buyer, seller, DSO and LPD, a reading by the
/// oracle or by the meter itself.
library TradeTerms {
    /// @notice Step A or B: what a party wants to sell or buy in a slot.
    /// @param party who orders
    /// @param slot delivery slot
    /// @param side 0 offer, 1 request
    /// @param quantity energy [Wh]
    /// @param limit the lowest price an offer takes; the highest sum of price and fee of a request [n€/Wh]
    /// @param wish where its price range starts [n€/Wh]
    /// @param origins bit o is set where the seller has (one only), or the buyer accepts, origin o
    /// @param nonce which of the party's orders it is; it can cancel all below a number
    /// @param expiry last block time at which a contract can be made from it [s, UTC]
    struct Order {
        address party;
        uint32 slot;
        uint8 side;
        uint32 quantity;
        uint32 limit;
        uint32 wish;
        uint8 origins;
        uint64 nonce;
        uint64 expiry;
    }

    /// @notice Step E: a contract between the parties of two orders.
    /// @param offer EIP-712 hash of the seller's order
    /// @param request EIP-712 hash of the buyer's order
    /// @param agreement packed as `BatchTerms` says, seller and buyer zero
    /// @param shortRate π_short, per Wh that the seller does not deliver [n€/Wh]
    /// @param longRate π_long, per Wh that the buyer does not absorb [n€/Wh]
    /// @param commitDeadline last block time at which it may be signed into force [s, UTC]
    struct Terms {
        bytes32 offer;
        bytes32 request;
        uint256 agreement;
        uint32 shortRate;
        uint32 longRate;
        uint64 commitDeadline;
    }

    bytes32 internal constant ORDER_TYPEHASH = keccak256(
        "Order(address party,uint32 slot,uint8 side,uint32 quantity,uint32 limit,uint32 wish,uint8 origins,uint64 nonce,uint64 expiry)"
    );
    bytes32 internal constant CONTRACT_TYPEHASH = keccak256(
        "Contract(bytes32 offer,bytes32 request,uint256 agreement,uint32 shortRate,uint32 longRate,uint64 commitDeadline)"
    );
    bytes32 internal constant READING_TYPEHASH =
        keccak256("MeterReading(address party,uint32 slot,uint256 reading)");

    /// @dev EIP-712 hash of an order, by which it is known.
    function hash(Order calldata order) internal pure returns (bytes32) {
        return keccak256(abi.encode(ORDER_TYPEHASH, order));
    }

    /// @dev EIP-712 hash of a contract, by which it is known.
    function hash(Terms calldata terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(CONTRACT_TYPEHASH, terms));
    }

    /// @dev EIP-712 hash of a reading.
    function hashReading(address party, uint256 slot, uint256 reading) internal pure returns (bytes32) {
        return keccak256(abi.encode(READING_TYPEHASH, party, slot, reading));
    }
}
