// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {BatchTerms} from "./BatchTerms.sol";
import {Contests} from "./Contests.sol";
import {Custody} from "./Custody.sol";
import {DeliveryCalendar} from "./DeliveryCalendar.sol";
import {Signatures} from "./Signatures.sol";
import {TradeSettlement} from "./TradeSettlement.sol";
import {TradeTerms} from "./TradeTerms.sol";
import {IEnergyToken} from "./interfaces/IEnergyToken.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";

/// @title Agreements on electricity, each a contract of its own
/// @notice The steps of the paper as transactions of their own: the auction house puts a signed offer
/// on the ledger and mints its energy (A), then a signed request (B), then the contract it proposes
/// from the two (C to E); buyer, seller, DSO and LPD sign it, which locks the escrow (F); readings
/// settle it (G). A meter's deviation is spread over all contracts of its slot and side in the order
/// in which they came into force. That set is closed by time: nothing is signed after the slot's
/// start, and nothing settled before its end.
contract TradeMarket is Contests, EIP712 {
    using BatchTerms for uint256;
    using Signatures for bytes;
    using TradeTerms for TradeTerms.Order;
    using TradeTerms for TradeTerms.Terms;

    /// @notice An order on the ledger.
    /// @param party who signed it
    /// @param slot delivery slot
    /// @param quantity energy [Wh]
    /// @param contracted how much of it contracts in force have taken [Wh]
    /// @param limit as signed [n€/Wh]
    /// @param expiry last block time at which a contract can come into force [s, UTC]
    /// @param nonce as signed
    /// @param origins as signed
    /// @param side 0 offer, 1 request
    /// @param lapsed whether the tokens of what nobody took have lapsed
    struct OrderState {
        address party;
        uint32 slot;
        uint32 quantity;
        uint32 contracted;
        uint32 limit;
        uint64 expiry;
        uint64 nonce;
        uint8 origins;
        uint8 side;
        bool lapsed;
    }

    /// @notice A reading and its signature; both empty where the party's reading of that slot is known.
    struct SignedReading {
        uint256 reading;
        bytes32 r;
        bytes32 vs;
    }

    uint256 private constant SIDES = 2;
    uint256 private constant SIGNERS = 4;
    uint256 private constant PROPOSED = 1;
    uint256 private constant IN_FORCE = 2;
    uint256 private constant ENDED = 3;
    uint256 private constant STATUS_MASK = 0xff;
    uint256 private constant SUM_BITS = 64;
    uint256 private constant SUM_MASK = (1 << SUM_BITS) - 1;
    uint256 private constant QUALITY = 0xf << 64;

    /// @notice The tokens of declared energy.
    IEnergyToken public immutable ENERGY_TOKEN;

    /// @notice An order by its EIP-712 hash.
    mapping(bytes32 order => OrderState) public orderOf;
    /// @dev Status (8) | seller's sales before it << 64 | buyer's purchases before it << 128.
    mapping(bytes32 id => uint256 state) private _contracts;
    /// @dev Purchases | sales << 64 in force [Wh].
    mapping(uint256 slot => mapping(address party => uint256 sums)) private _positions;
    /// @notice The reading that a party's contracts of a slot are settled on, zero before the first.
    mapping(uint256 slot => mapping(address party => uint256 reading)) public readingOf;

    /// @notice Step A: an offer is on the ledger, its energy minted to `party`.
    event Offered(bytes32 indexed order, address indexed party, uint32 indexed slot, uint256 quantity);
    /// @notice Step B: a request is on the ledger.
    event Requested(bytes32 indexed order, address indexed party, uint32 indexed slot, uint256 quantity);
    /// @notice Steps C to E: a contract is proposed to its signers.
    event Proposed(bytes32 indexed id, bytes32 indexed offer, bytes32 indexed request, uint256 agreement);
    /// @notice Step F: a contract is in force; escrows went from free to locked [n€].
    event Signed(
        bytes32 indexed id, address indexed seller, address indexed buyer, uint256 sellerEscrow, uint256 buyerEscrow
    );
    /// @notice Step G: a contract is settled. Flows: amount unlocked << 128 | amount credited to the free
    /// balance [n€]; the payments [n€] went to the registry's payees; `burned` and `lapsed` are Wh.
    event Settled(
        bytes32 indexed id,
        address indexed seller,
        address indexed buyer,
        uint256 sellerFlow,
        uint256 buyerFlow,
        uint256 dsoPaid,
        uint256 stabiliserPaid,
        uint256 burned,
        uint256 lapsed
    );
    /// @notice A contract that no settlement came for was given back; its tokens lapsed [Wh].
    event Released(
        bytes32 indexed id,
        address indexed seller,
        address indexed buyer,
        uint256 sellerFlow,
        uint256 buyerFlow,
        uint256 lapsed
    );
    /// @notice Energy of an offer that nobody took lapsed [Wh].
    event Lapsed(bytes32 indexed order, uint256 lapsed);

    /// @notice Caller is not the auction house.
    error OnlyAuctionHouse();
    /// @notice That order is on the ledger already.
    error OrderExists(bytes32 order);
    /// @notice An order of the wrong side, on nothing, or an offer that does not name exactly one origin.
    error MalformedOrder(bytes32 order);
    /// @notice The order may not be matched any more.
    error OrderExpired(bytes32 order);
    /// @notice Not an offer and a request on the ledger for the same slot by two parties.
    error OrdersDoNotMatch(bytes32 offer, bytes32 request);
    /// @notice The contract is not where this step needs it.
    error WrongStep(bytes32 id);
    /// @notice An agreement on nothing.
    error ZeroQuantity(bytes32 id);
    /// @notice No such tier, or parties named in the agreement's word.
    error MalformedAgreement(bytes32 id);
    /// @notice The price is below what the seller's order takes.
    error PriceBelowLimit(bytes32 id);
    /// @notice Price and fee together are above what the buyer's order gives.
    error PriceAboveLimit(bytes32 id);
    /// @notice The seller does not offer energy of that origin, or the buyer does not accept it.
    error OriginNotAccepted(bytes32 id);
    /// @notice Behind one meter there is no path to pay for.
    error FeeBehindMeter(bytes32 id);
    /// @notice More than is left of an order.
    error OrderExceeded(bytes32 order);
    /// @notice A reading with bits that mean nothing, or none.
    error MalformedReading(address party);
    /// @notice Nothing of that offer can lapse, or not yet.
    error NothingToLapse(bytes32 order);

    modifier onlyAuctionHouse() {
        if (msg.sender != IRegistry(REGISTRY).auctionHouseAccount()) revert OnlyAuctionHouse();
        _;
    }

    /// @notice Sets up the market.
    /// @param stablecoin the coin that all money is held in
    /// @param registry identities and operators
    /// @param energyToken the tokens of declared energy, which this market mints and retires
    /// @param calendar when slots are and how long what may take
    constructor(IERC20 stablecoin, address registry, IEnergyToken energyToken, Calendar memory calendar)
        Custody(stablecoin, registry)
        DeliveryCalendar(calendar)
        EIP712("EnergyMarket", "1")
    {
        ENERGY_TOKEN = energyToken;
    }

    /// @notice Step A: puts an offer on the ledger and mints its energy to the seller.
    /// @param order as signed
    /// @param signature the seller's, as `Signatures` says
    function offer(TradeTerms.Order calldata order, bytes calldata signature) external onlyAuctionHouse {
        bytes32 id = order.hash();
        if (order.side != 0 || order.origins == 0 || order.origins & (order.origins - 1) != 0) {
            revert MalformedOrder(id);
        }
        _register(order, id, signature);
        emit Offered(id, order.party, order.slot, order.quantity);
        (address[] memory sellers, uint256[] memory lanes) = _tokens(order.party, order.origins, order.quantity);
        ENERGY_TOKEN.mint(order.slot, sellers, lanes);
    }

    /// @notice Step B: puts a request on the ledger.
    /// @param order as signed
    /// @param signature the buyer's, as `Signatures` says
    function request(TradeTerms.Order calldata order, bytes calldata signature) external onlyAuctionHouse {
        bytes32 id = order.hash();
        if (order.side != 1) revert MalformedOrder(id);
        _register(order, id, signature);
        emit Requested(id, order.party, order.slot, order.quantity);
    }

    /// @notice Steps C to E: proposes a contract within the limits of an offer and a request.
    /// @param terms of the contract
    function propose(TradeTerms.Terms calldata terms) external onlyAuctionHouse {
        bytes32 id = terms.hash();
        if (_contracts[id] != 0) revert WrongStep(id);
        OrderState storage sell = orderOf[terms.offer];
        OrderState storage buy = orderOf[terms.request];
        _requireWithinOrders(id, terms, sell, buy);
        _contracts[id] = PROPOSED;
        emit Proposed(id, terms.offer, terms.request, terms.agreement);
    }

    /// @notice Step F: brings a contract into force, which locks its escrow.
    /// @param terms as proposed
    /// @param signatures as `Signatures` says: buyer, seller, DSO (for the path fee), LPD (for the
    /// stability rates)
    function sign(TradeTerms.Terms calldata terms, bytes calldata signatures) external {
        bytes32 id = terms.hash();
        if (_contracts[id] != PROPOSED) revert WrongStep(id);
        OrderState storage sell = orderOf[terms.offer];
        OrderState storage buy = orderOf[terms.request];
        (address seller, address buyer, uint256 slot) = (sell.party, buy.party, sell.slot);
        _requireBeforeGate(terms.commitDeadline, _gateOf(slot));
        _take(terms.offer, sell, terms.agreement.quantityOf());
        _take(terms.request, buy, terms.agreement.quantityOf());
        _requireSignatures(_hashTypedDataV4(id), signatures, seller, buyer);

        uint256 sold = _positions[slot][seller];
        uint256 bought = _positions[slot][buyer];
        _positions[slot][seller] = sold + (terms.agreement.quantityOf() << SUM_BITS);
        _positions[slot][buyer] = bought + terms.agreement.quantityOf();
        _contracts[id] =
            IN_FORCE | ((sold >> SUM_BITS) << SUM_BITS) | ((bought & SUM_MASK) << (2 * SUM_BITS));
        _lock(seller, terms.agreement.sellerEscrowOf());
        _lock(buyer, terms.agreement.buyerEscrowOf());
        emit Signed(id, seller, buyer, terms.agreement.sellerEscrowOf(), terms.agreement.buyerEscrowOf());
    }

    /// @notice Step G: settles a contract on the readings of its two parties.
    /// @param terms as signed
    /// @param sellers the seller's reading, unless a contract of its slot was settled before
    /// @param buyers the buyer's reading, unless a contract of its slot was settled before
    function settle(
        TradeTerms.Terms calldata terms,
        SignedReading calldata sellers,
        SignedReading calldata buyers
    ) external {
        bytes32 id = terms.hash();
        uint256 state = _contracts[id];
        if (state & STATUS_MASK != IN_FORCE) revert WrongStep(id);
        address seller = orderOf[terms.offer].party;
        address buyer = orderOf[terms.request].party;
        uint256 slot = orderOf[terms.offer].slot;
        (address dso, address stabiliser, address oracle) = IRegistry(REGISTRY).payees();
        _requireSettleable(_gateOf(slot + 1));
        uint256 x = _sellerShort(slot, seller, _read(slot, seller, oracle, sellers), state, terms.agreement);
        uint256 y = _buyerShort(slot, buyer, _read(slot, buyer, oracle, buyers), state, terms.agreement);
        _contracts[id] = ENDED;

        TradeSettlement.Outcome memory outcome =
            TradeSettlement.settle(terms.agreement, x, y, terms.shortRate, terms.longRate);
        _move(seller, outcome.sellerFlow);
        _move(buyer, outcome.buyerFlow);
        _move(dso, outcome.dsoPaid);
        _move(stabiliser, outcome.stabiliserPaid);
        emit Settled(
            id,
            seller,
            buyer,
            outcome.sellerFlow,
            outcome.buyerFlow,
            outcome.dsoPaid,
            outcome.stabiliserPaid,
            terms.agreement.quantityOf() - outcome.lapsed,
            outcome.lapsed
        );
        _retire(slot, seller, terms.agreement, outcome.lapsed);
    }

    /// @notice Gives back the escrow of a contract that no settlement came for; its tokens lapse.
    /// @param terms as signed
    function release(TradeTerms.Terms calldata terms) external {
        bytes32 id = terms.hash();
        if (_contracts[id] & STATUS_MASK != IN_FORCE) revert WrongStep(id);
        address seller = orderOf[terms.offer].party;
        address buyer = orderOf[terms.request].party;
        uint256 slot = orderOf[terms.offer].slot;
        _requireReleasable(_gateOf(slot + 1));
        _contracts[id] = ENDED;
        uint256 sellerFlow = terms.agreement.sellerEscrowOf() * ((1 << 128) | 1);
        uint256 buyerFlow = terms.agreement.buyerEscrowOf() * ((1 << 128) | 1);
        _move(seller, sellerFlow);
        _move(buyer, buyerFlow);
        emit Released(id, seller, buyer, sellerFlow, buyerFlow, terms.agreement.quantityOf());
        _retire(slot, seller, terms.agreement, terms.agreement.quantityOf());
    }

    /// @notice After the slot's start, lets the tokens lapse that were declared but found no buyer.
    /// @param offers EIP-712 hashes of offers on the ledger
    function lapse(bytes32[] calldata offers) external {
        for (uint256 i = 0; i < offers.length; ++i) {
            OrderState storage order = orderOf[offers[i]];
            uint256 left = uint256(order.quantity) - order.contracted;
            uint256 slot = order.slot;
            if (left == 0 || order.lapsed || order.side != 0 || block.timestamp <= _gateOf(slot)) {
                revert NothingToLapse(offers[i]);
            }
            order.lapsed = true;
            emit Lapsed(offers[i], left);
            (address[] memory sellers, uint256[] memory lanes) = _tokens(order.party, order.origins, left);
            ENERGY_TOKEN.retire(slot, sellers, lanes, left);
        }
    }

    /// @notice Where a contract stands.
    /// @param id its EIP-712 hash
    /// @return status 0 unknown, 1 proposed, 2 in force, 3 settled or released
    function statusOf(bytes32 id) external view returns (uint256 status) {
        return _contracts[id] & STATUS_MASK;
    }

    /// @notice What a party has bought and sold in a slot by contracts that came into force.
    /// @param party whose
    /// @param slot delivery slot
    /// @return purchases [Wh]
    /// @return sales [Wh]
    function positionOf(address party, uint32 slot) external view returns (uint256 purchases, uint256 sales) {
        uint256 sums = _positions[slot][party];
        return (sums & SUM_MASK, sums >> SUM_BITS);
    }

    function _register(TradeTerms.Order calldata order, bytes32 id, bytes calldata signature) private {
        if (order.quantity == 0 || order.origins == 0) revert MalformedOrder(id);
        if (block.timestamp > order.expiry) revert OrderExpired(id);
        if (orderOf[id].party != address(0)) revert OrderExists(id);
        _requireBeforeGate(block.timestamp, _gateOf(order.slot));
        _requireActive(order.party);
        _requireNonce(order.party, order.nonce);
        uint256 tail = signature.requireRoom(1);
        signature.requireEnd(signature.requireAt(0, _hashTypedDataV4(id), order.party, tail));
        orderOf[id] = OrderState({
            party: order.party,
            slot: order.slot,
            quantity: order.quantity,
            contracted: 0,
            limit: order.limit,
            expiry: order.expiry,
            nonce: order.nonce,
            origins: order.origins,
            side: order.side,
            lapsed: false
        });
    }

    /// @dev Refuses a contract that is none, or not within what both orders allow.
    function _requireWithinOrders(
        bytes32 id,
        TradeTerms.Terms calldata terms,
        OrderState storage sell,
        OrderState storage buy
    ) private view {
        if (
            sell.party == address(0) || buy.party == address(0) || sell.side != 0 || buy.side != 1
                || sell.slot != buy.slot || sell.party == buy.party
        ) revert OrdersDoNotMatch(terms.offer, terms.request);
        uint256 agreement = terms.agreement;
        if (agreement >> 248 > SIDES || (agreement >> 216) & 0xffffffff != 0) revert MalformedAgreement(id);
        if (agreement.quantityOf() == 0) revert ZeroQuantity(id);
        if ((uint256(sell.origins & buy.origins) >> agreement.originOf()) & 1 == 0) revert OriginNotAccepted(id);
        if (agreement.priceOf() < sell.limit) revert PriceBelowLimit(id);
        if (agreement.priceOf() + agreement.feeOf() > buy.limit) revert PriceAboveLimit(id);
        if (agreement >> 248 == 0 && agreement.feeOf() != 0) revert FeeBehindMeter(id);
    }

    /// @dev Takes `quantity` of what is left of an order that is still good.
    function _take(bytes32 id, OrderState storage order, uint256 quantity) private {
        if (block.timestamp > order.expiry) revert OrderExpired(id);
        _requireNonce(order.party, order.nonce);
        if (uint256(order.contracted) + quantity > order.quantity) revert OrderExceeded(id);
        // Cannot cut anything off: at most the order's own 32 bits.
        order.contracted += uint32(quantity);
    }

    function _requireSignatures(bytes32 digest, bytes calldata signatures, address seller, address buyer)
        private
        view
    {
        (address dso, address lpd) = IRegistry(REGISTRY).signatories();
        uint256 tail = signatures.requireRoom(SIGNERS);
        tail = signatures.requireAt(0, digest, buyer, tail);
        tail = signatures.requireAt(1, digest, seller, tail);
        tail = signatures.requireAt(2, digest, dso, tail);
        tail = signatures.requireAt(3, digest, lpd, tail);
        signatures.requireEnd(tail);
    }

    /// @dev The reading of a party's slot: what it was settled on before, else `given`, which is kept.
    function _read(uint256 slot, address party, address oracle, SignedReading calldata given)
        private
        returns (uint256 reading)
    {
        reading = readingOf[slot][party];
        if (reading != 0) return reading;
        reading = given.reading;
        uint256 quality = reading & QUALITY;
        if (reading > (QUALITY | (1 << 64) - 1)) revert MalformedReading(party);
        bytes32 digest = _hashTypedDataV4(TradeTerms.hashReading(party, slot, reading));
        if (quality == BatchTerms.MEASURED) {
            _requireMeasured(party, slot);
            address meter = IRegistry(REGISTRY).meterOf(party);
            if (!Signatures.isSigned(digest, given.r, given.vs, meter)) {
                Signatures.requireSigned(digest, given.r, given.vs, oracle);
            }
        } else if (quality == BatchTerms.SUBSTITUTED || quality == BatchTerms.REVIEWED) {
            Signatures.requireSigned(digest, given.r, given.vs, oracle);
            uint256 substitutesFrom = _gateOf(slot + 1) + CORRECTION_WINDOW;
            if (quality == BatchTerms.SUBSTITUTED && block.timestamp < substitutesFrom) {
                revert SubstituteTooEarly(substitutesFrom);
            }
        } else {
            revert MalformedReading(party);
        }
        readingOf[slot][party] = reading;
    }

    function _sellerShort(uint256 slot, address seller, uint256 reading, uint256 state, uint256 agreement)
        private
        view
        returns (uint256)
    {
        uint256 sums = _positions[slot][seller];
        (, uint256 short) = TradeSettlement.deviation(reading, sums & SUM_MASK, sums >> SUM_BITS);
        return TradeSettlement.share(
            short, (state >> SUM_BITS) & SUM_MASK, agreement.quantityOf(), sums >> SUM_BITS
        );
    }

    function _buyerShort(uint256 slot, address buyer, uint256 reading, uint256 state, uint256 agreement)
        private
        view
        returns (uint256)
    {
        uint256 sums = _positions[slot][buyer];
        (uint256 short,) = TradeSettlement.deviation(reading, sums & SUM_MASK, sums >> SUM_BITS);
        return TradeSettlement.share(
            short, (state >> (2 * SUM_BITS)) & SUM_MASK, agreement.quantityOf(), sums & SUM_MASK
        );
    }

    function _retire(uint256 slot, address seller, uint256 agreement, uint256 lapsed) private {
        address[] memory sellers = new address[](1);
        uint256[] memory lanes = new uint256[](1);
        (sellers[0], lanes[0]) = (seller, agreement.laneOf());
        ENERGY_TOKEN.retire(slot, sellers, lanes, lapsed);
    }

    /// @dev Tokens of the one origin of an offer, as the token contract takes them.
    function _tokens(address seller, uint256 origins, uint256 quantity)
        private
        pure
        returns (address[] memory sellers, uint256[] memory lanes)
    {
        sellers = new address[](1);
        lanes = new uint256[](1);
        uint256 shift;
        while (origins >> shift != 1) ++shift;
        (sellers[0], lanes[0]) = (seller, quantity << (shift * BatchTerms.LANE_BITS));
    }
}
