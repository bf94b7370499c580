// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {BatchTerms} from "./BatchTerms.sol";
import {Commitment} from "./Commitment.sol";
import {Contests} from "./Contests.sol";
import {Custody} from "./Custody.sol";
import {DeliveryCalendar} from "./DeliveryCalendar.sol";
import {OrderTerms} from "./OrderTerms.sol";
import {PartyTable} from "./PartyTable.sol";
import {Progress} from "./Progress.sol";
import {Settlement} from "./Settlement.sol";
import {Signatures} from "./Signatures.sol";
import {IEnergyToken} from "./interfaces/IEnergyToken.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";

/// @title Agreements on electricity, committed and settled in batches
/// @notice A batch holds all agreements of one delivery slot among a set of parties. `commit`
/// takes everyone's signature on all terms at once, locks the escrow and mints the declared energy;
/// `settle` takes the meter readings that the oracle signed and pays; `release` gives everything
/// back where no settlement came in time. Anybody may carry these calls: what counts is who signed.
/// One signature per party and slot covers its order's limits and all terms that follow from them; the
/// contract holds each agreement to the limits of both sides.
///
/// Several batches may share a slot, but a party is in at most one of them. A meter's deviation is
/// spread over all its agreements of the slot, and this way they all stand in one batch, so that
/// each batch is settled by itself. Microgrids that trade with each other belong in one batch.
///
/// A slot's set of agreements is closed before its first settlement by time alone: a commit
/// deadline may not lie after the slot's start, and nothing is settled before the slot's end.
/// @dev One storage word per batch (`Progress`). Nothing that was settled can be committed again,
/// since its deadline has passed. The contracts called are the registry, the energy tokens, and the
/// coin, which hand control to nobody, and contracts among the signers, which are asked in a static
/// call.
contract Market is Contests, EIP712 {
    using BatchTerms for BatchTerms.Terms;
    using Signatures for bytes;

    /// @notice The tokens of declared energy.
    IEnergyToken public immutable ENERGY_TOKEN;
    mapping(uint256 key => bytes32 state) private _batches;

    /// @notice A batch was committed. `escrows` has one 32-byte word per party, in the order of the
    /// signed list: address << 96 | amount that went from free to locked [n€].
    event Committed(uint32 indexed slot, uint32 indexed batch, bytes32 terms, bytes escrows);
    /// @notice A batch was settled, as far as its readings go. `flows` has one 32-byte word per party,
    /// in the order of the signed list: amount unlocked << 128 | amount credited to the free balance
    /// [n€]. `dsoPaid` and `stabiliserPaid` [n€] went to the free balances of the registry's payees;
    /// `burned` and `lapsed` are Wh.
    event Settled(
        uint32 indexed slot,
        uint32 indexed batch,
        bytes flows,
        uint256 dsoPaid,
        uint256 stabiliserPaid,
        uint256 burned,
        uint256 lapsed,
        bool complete
    );
    /// @notice What was left of a batch was given back; `flows` as in `Settled`, `lapsed` in Wh.
    event Released(uint32 indexed slot, uint32 indexed batch, bytes flows, uint256 lapsed);

    /// @notice That batch of that slot is committed already.
    error BatchExists(uint32 slot, uint32 batch);
    /// @notice Not committed, settled already, or not on these terms and earlier readings.
    error UnknownBatch(uint32 slot, uint32 batch);
    /// @notice There must be one reading, if a missing one, per party.
    error ReadingCount(uint256 given, uint256 needed);
    /// @notice No agreement of the batch can be settled with these readings that was not before.
    error NothingToSettle();

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

    /// @notice Commits a batch: from now on its escrow is locked and its energy declared. Every agreement
    /// must respect what its seller's and its buyer's order allow, which they sign as part of the batch.
    /// @param terms what all agreements have in common
    /// @param agreements packed as `BatchTerms` says, strictly increasing by tier, seller, buyer
    /// @param parties everyone who buys or sells, each once, below what its order allows (`OrderTerms`)
    /// @param counterOrders second orders of those who do both, with positions instead of addresses
    /// @param signatures as `Signatures` says: every party in the order of the list, then the DSO (for the
    /// path fees), then the LPD (for the stability rates)
    function commit(
        BatchTerms.Terms calldata terms,
        uint256[] calldata agreements,
        uint256[] calldata parties,
        uint256[] calldata counterOrders,
        bytes calldata signatures
    ) external {
        uint256 gate = _gateOf(terms.slot);
        _requireBeforeGate(terms.commitDeadline, gate);
        if (_batches[terms.key()] != 0) revert BatchExists(terms.slot, terms.batch);

        bytes32 batch = terms.hash(gate + SLOT_LENGTH, agreements, parties, counterOrders);
        PartyTable table = Commitment.compute(agreements, parties, counterOrders);
        _batches[terms.key()] = batch;
        for (uint256 i = 0; i < counterOrders.length; ++i) {
            _requireNonce(_partyAt(parties, uint160(counterOrders[i])), OrderTerms.nonceOf(counterOrders[i]));
        }
        bytes memory escrows = _lockAll(terms.slot, _hashTypedDataV4(batch), parties, signatures, table);
        emit Committed(terms.slot, terms.batch, batch, escrows);
        (address[] memory sellers, uint256[] memory lanes) = table.sellers(parties);
        ENERGY_TOKEN.mint(terms.slot, sellers, lanes);
    }

    /// @notice Settles every agreement of a batch of which both readings are there; the others stay
    /// whole in escrow until a later call brings what is missing.
    /// @param terms as committed
    /// @param agreements as committed
    /// @param parties as committed
    /// @param counterOrders as committed
    /// @param readings packed as `BatchTerms` says, one per party, signed by the oracle; those that an
    /// earlier settlement used are repeated, marked as such
    /// @param r of the oracle's signature
    /// @param vs of the oracle's signature, as in `commit`
    function settle(
        BatchTerms.Terms calldata terms,
        uint256[] calldata agreements,
        uint256[] calldata parties,
        uint256[] calldata counterOrders,
        uint256[] calldata readings,
        bytes32 r,
        bytes32 vs
    ) external {
        bytes32 batch;
        address dso;
        address stabiliser;
        {
            uint256 deliveryEnd = _gateOf(uint256(terms.slot) + 1);
            uint256 substitutesFrom = _requireSettleable(deliveryEnd);
            batch = terms.hash(deliveryEnd, agreements, parties, counterOrders);
            uint256 bits = _requireState(terms, batch, parties.length, readings);
            if (bits & BatchTerms.SUBSTITUTED != 0 && block.timestamp < substitutesFrom) {
                revert SubstituteTooEarly(substitutesFrom);
            }
            address oracle;
            (dso, stabiliser, oracle) = IRegistry(REGISTRY).payees();
            bytes32 digest = _hashTypedDataV4(BatchTerms.hashReadings(batch, readings));
            Signatures.requireSigned(digest, r, vs, oracle);
        }
        (PartyTable table, Settlement.Outcome memory outcome) =
            Settlement.compute(agreements, readings, terms.shortRate, terms.longRate);
        if (outcome.settledWh == 0) revert NothingToSettle();
        _batches[terms.key()] = outcome.open ? Progress.stateAfter(batch, readings) : bytes32(0);
        bytes memory flows = _moveAll(terms.slot, parties, readings, table);
        _move(dso, outcome.dsoPaid);
        _move(stabiliser, outcome.stabiliserPaid);
        emit Settled(
            terms.slot,
            terms.batch,
            flows,
            outcome.dsoPaid,
            outcome.stabiliserPaid,
            outcome.settledWh - outcome.lapsedWh,
            outcome.lapsedWh,
            !outcome.open
        );
        (address[] memory sellers, uint256[] memory lanes) = table.sellers(parties);
        ENERGY_TOKEN.retire(terms.slot, sellers, lanes, outcome.lapsedWh);
    }

    /// @notice Gives back the escrow of every agreement that no settlement came for; its tokens lapse.
    /// @param terms as committed
    /// @param agreements as committed
    /// @param parties as committed
    /// @param counterOrders as committed
    /// @param readings one per party: what earlier settlements used, marked as such, else zero
    function release(
        BatchTerms.Terms calldata terms,
        uint256[] calldata agreements,
        uint256[] calldata parties,
        uint256[] calldata counterOrders,
        uint256[] calldata readings
    ) external {
        uint256 deliveryEnd = _gateOf(uint256(terms.slot) + 1);
        _requireReleasable(deliveryEnd);
        bytes32 batch = terms.hash(deliveryEnd, agreements, parties, counterOrders);
        _requireState(terms, batch, parties.length, readings);
        (PartyTable table, uint256 lapsed) = Settlement.giveBack(agreements, readings);
        delete _batches[terms.key()];
        bytes memory flows = _moveAll(terms.slot, parties, readings, table);
        emit Released(terms.slot, terms.batch, flows, lapsed);
        (address[] memory sellers, uint256[] memory lanes) = table.sellers(parties);
        ENERGY_TOKEN.retire(terms.slot, sellers, lanes, lapsed);
    }

    /// @notice What a batch stands at: zero where it is not open, the hash of the signed struct where it
    /// is committed, another hash where it is partly settled.
    /// @param slot delivery slot
    /// @param batch number of the batch within its slot
    /// @return state of the batch
    function stateOf(uint32 slot, uint32 batch) external view returns (bytes32 state) {
        return _batches[(uint256(slot) << 32) | batch];
    }

    /// @dev Checks each party's signature, standing, nonce and means, and locks its escrow. Returns the
    /// words of the event.
    function _lockAll(
        uint256 slot,
        bytes32 digest,
        uint256[] calldata parties,
        bytes calldata signatures,
        PartyTable table
    ) private returns (bytes memory escrows) {
        uint256 count = parties.length;
        uint256 tail = signatures.requireRoom(count + 2);
        escrows = new bytes(32 * count);
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                address party = _partyAt(parties, i);
                tail = signatures.requireAt(i, digest, party, tail);
                uint256 escrow = table.flowOf(i);
                _enter(party, slot, OrderTerms.nonceOf(_wordAt(parties, i)), escrow);
                _setWord(escrows, i, (uint256(uint160(party)) << 96) | escrow);
            }
            (address dso, address lpd) = IRegistry(REGISTRY).signatories();
            tail = signatures.requireAt(count, digest, dso, tail);
            tail = signatures.requireAt(count + 1, digest, lpd, tail);
        }
        signatures.requireEnd(tail);
    }

    /// @dev Unlocks and credits, and returns the words of the event. A batch unlocks exactly what it
    /// locked, each agreement once, and credits what it unlocks. Refuses measured readings that do not
    /// count.
    function _moveAll(uint256 slot, uint256[] calldata parties, uint256[] calldata readings, PartyTable table)
        private
        returns (bytes memory flows)
    {
        uint256 count = parties.length;
        flows = new bytes(32 * count);
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                uint256 flow = table.flowOf(i);
                bool fresh = _wordAt(readings, i) & (BatchTerms.MEASURED | BatchTerms.USED_BEFORE)
                    == BatchTerms.MEASURED;
                if (flow == 0 && !fresh) continue;
                _setWord(flows, i, flow);
                address party = _partyAt(parties, i);
                if (!_move(party, flow) && fresh) _requireMeasured(party, slot);
            }
        }
    }

    /// @dev Refuses readings that are not one per party, or terms or earlier readings that are not what
    /// the batch stands at. Returns all readings' bits, for what they have in common.
    function _requireState(
        BatchTerms.Terms calldata terms,
        bytes32 batch,
        uint256 count,
        uint256[] calldata readings
    ) private view returns (uint256 bits) {
        if (readings.length != count) revert ReadingCount(readings.length, count);
        bytes32 expected;
        (expected, bits) = Progress.stateBefore(batch, readings);
        if (_batches[terms.key()] != expected) revert UnknownBatch(terms.slot, terms.batch);
    }

    /// @dev Without bounds check, for loops that run to the array's own length.
    function _partyAt(uint256[] calldata parties, uint256 index) private pure returns (address party) {
        return address(uint160(_wordAt(parties, index)));
    }

    /// @dev Without bounds check, for loops that run to the array's own length.
    function _wordAt(uint256[] calldata words, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(words.offset, shl(5, index)))
        }
    }

    /// @dev Without bounds check, for loops that run to the number of words.
    function _setWord(bytes memory words, uint256 index, uint256 value) private pure {
        assembly ("memory-safe") {
            mstore(add(add(words, 0x20), shl(5, index)), value)
        }
    }
}
