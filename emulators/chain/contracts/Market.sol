// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {BatchTerms} from "./BatchTerms.sol";
import {Commitment} from "./Commitment.sol";
import {Custody} from "./Custody.sol";
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
///
/// Several batches may share a slot, but a party is in at most one of them. A meter's deviation is
/// spread over all its agreements of the slot, and this way they all stand in one batch, so that
/// each batch is settled by itself. Microgrids that trade with each other belong in one batch.
///
/// A slot's set of agreements is closed before its first settlement by time alone: a commit
/// deadline may not lie after the slot's start, and nothing is settled before the slot's end.
/// @dev One storage word per batch (`Progress`). Nothing that was settled can be committed again,
/// since its deadline has passed. The contracts called are the registry, the energy tokens, and the
/// coin: none of them hands control to a stranger.
contract Market is Custody, EIP712 {
    using BatchTerms for BatchTerms.Terms;
    using Signatures for bytes;

    uint256 private constant HALF = 128;
    uint256 private constant LOW_HALF = 0xffffffffffffffffffffffffffffffff;

    /// @notice The tokens of declared energy.
    IEnergyToken public immutable ENERGY_TOKEN;
    /// @notice When delivery slot 0 begins [s, UTC].
    uint256 public immutable FIRST_SLOT_START;
    /// @notice Length of a delivery slot [s].
    uint256 public immutable SLOT_LENGTH;
    /// @notice How long after a slot only measured readings count [s]; later, substitutes do too.
    uint256 public immutable CORRECTION_WINDOW;
    /// @notice How long after the correction window a batch may still be settled [s]; then anybody
    /// may release what is left of it.
    uint256 public immutable RELEASE_DELAY;

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

    /// @notice The block comes after the commit deadline, so that the contract missed the gate.
    error CommitDeadlinePassed(uint256 deadline);
    /// @notice A commit deadline may not lie after the slot's start.
    error DeadlineAfterGate(uint256 deadline, uint256 gate);
    /// @notice That batch of that slot is committed already.
    error BatchExists(uint32 slot, uint32 batch);
    /// @notice Not committed, settled already, or not on these terms and earlier readings.
    error UnknownBatch(uint32 slot, uint32 batch);
    /// @notice A party sells 2³² Wh or more in one slot.
    error TooMuchSold(address party);
    /// @notice The slot has not ended.
    error NotDelivered(uint256 deliveryEnd);
    /// @notice There must be one reading, if a missing one, per party.
    error ReadingCount(uint256 given, uint256 needed);
    /// @notice A substitute was used before the correction window closed.
    error SubstituteTooEarly(uint256 closesAt);
    /// @notice No agreement of the batch can be settled with these readings that was not before.
    error NothingToSettle();
    /// @notice It is too late to settle; the batch may be released.
    error SettlementClosed(uint256 deadline);
    /// @notice A batch may be released only after its last chance of a settlement.
    error ReleaseTooEarly(uint256 deadline);

    /// @notice When slots are and how long what may take.
    /// @param firstSlotStart when delivery slot 0 begins [s, UTC]
    /// @param slotLength length of a delivery slot [s]
    /// @param correctionWindow how long after a slot only measured readings count [s]
    /// @param releaseDelay how long after that a batch may still be settled [s]
    struct Calendar {
        uint256 firstSlotStart;
        uint256 slotLength;
        uint256 correctionWindow;
        uint256 releaseDelay;
    }

    /// @notice Sets up the market.
    /// @param stablecoin the coin that all money is held in
    /// @param registry identities and operators
    /// @param energyToken the tokens of declared energy, which this market mints and retires
    /// @param calendar when slots are and how long what may take
    constructor(IERC20 stablecoin, address registry, IEnergyToken energyToken, Calendar memory calendar)
        Custody(stablecoin, registry)
        EIP712("EnergyMarket", "1")
    {
        ENERGY_TOKEN = energyToken;
        FIRST_SLOT_START = calendar.firstSlotStart;
        SLOT_LENGTH = calendar.slotLength;
        CORRECTION_WINDOW = calendar.correctionWindow;
        RELEASE_DELAY = calendar.releaseDelay;
    }

    /// @notice Commits a batch: from now on its escrow is locked and its energy declared.
    /// @param terms what all agreements have in common
    /// @param agreements packed as `BatchTerms` says, strictly increasing by tier, seller, buyer
    /// @param parties everyone who buys or sells, each once
    /// @param signatures 64 bytes each (r, then s with the parity on top, ERC-2098): every party in the
    /// order of the list, then the DSO, then the LPD
    function commit(
        BatchTerms.Terms calldata terms,
        uint256[] calldata agreements,
        address[] calldata parties,
        bytes calldata signatures
    ) external {
        uint256 key = terms.key();
        uint256 gate = FIRST_SLOT_START + terms.slot * SLOT_LENGTH;
        if (block.timestamp > terms.commitDeadline) revert CommitDeadlinePassed(terms.commitDeadline);
        if (terms.commitDeadline > gate) revert DeadlineAfterGate(terms.commitDeadline, gate);
        if (_batches[key] != 0) revert BatchExists(terms.slot, terms.batch);

        bytes32 batch = terms.hash(gate + SLOT_LENGTH, agreements, parties);
        PartyTable table = Commitment.compute(agreements, parties.length);
        _batches[key] = batch;
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
    /// @param readings packed as `BatchTerms` says, one per party, signed by the oracle; those that an
    /// earlier settlement used are repeated, marked as such
    /// @param r of the oracle's signature
    /// @param vs of the oracle's signature, as in `commit`
    function settle(
        BatchTerms.Terms calldata terms,
        uint256[] calldata agreements,
        address[] calldata parties,
        uint256[] calldata readings,
        bytes32 r,
        bytes32 vs
    ) external {
        uint256 deliveryEnd = FIRST_SLOT_START + (uint256(terms.slot) + 1) * SLOT_LENGTH;
        uint256 substitutesFrom = deliveryEnd + CORRECTION_WINDOW;
        if (block.timestamp < deliveryEnd) revert NotDelivered(deliveryEnd);
        if (block.timestamp > substitutesFrom + RELEASE_DELAY) {
            revert SettlementClosed(substitutesFrom + RELEASE_DELAY);
        }
        bytes32 batch = terms.hash(deliveryEnd, agreements, parties);
        uint256 bits = _requireState(terms, batch, parties.length, readings);
        if (bits & BatchTerms.SUBSTITUTED != 0 && block.timestamp < substitutesFrom) {
            revert SubstituteTooEarly(substitutesFrom);
        }
        (address dso, address stabiliser, address oracle) = IRegistry(REGISTRY).payees();
        Signatures.requireSigned(_hashTypedDataV4(BatchTerms.hashReadings(batch, readings)), r, vs, oracle);

        (PartyTable table, Settlement.Outcome memory outcome) =
            Settlement.compute(agreements, readings, terms.shortRate, terms.longRate);
        if (outcome.settledWh == 0) revert NothingToSettle();
        _batches[terms.key()] = outcome.open ? Progress.stateAfter(batch, readings) : bytes32(0);
        bytes memory flows = _moveAll(parties, table);
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
    /// @param readings one per party: what earlier settlements used, marked as such, else zero
    function release(
        BatchTerms.Terms calldata terms,
        uint256[] calldata agreements,
        address[] calldata parties,
        uint256[] calldata readings
    ) external {
        uint256 deliveryEnd = FIRST_SLOT_START + (uint256(terms.slot) + 1) * SLOT_LENGTH;
        uint256 deadline = deliveryEnd + CORRECTION_WINDOW + RELEASE_DELAY;
        if (block.timestamp <= deadline) revert ReleaseTooEarly(deadline);
        _requireState(terms, terms.hash(deliveryEnd, agreements, parties), parties.length, readings);
        (PartyTable table, uint256 lapsed) = Settlement.giveBack(agreements, readings);
        delete _batches[terms.key()];
        bytes memory flows = _moveAll(parties, table);
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

    /// @dev Checks each party's signature, standing and means, and locks its escrow. Returns the words
    /// of the event.
    function _lockAll(
        uint256 slot,
        bytes32 digest,
        address[] calldata parties,
        bytes calldata signatures,
        PartyTable table
    ) private returns (bytes memory escrows) {
        uint256 count = parties.length;
        signatures.requireCount(count + 2);
        escrows = new bytes(32 * count);
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                address party = _partyAt(parties, i);
                signatures.requireAt(i, digest, party);
                uint256 escrow = table.flowOf(i);
                if (escrow >> (HALF + BatchTerms.LANE_BITS) != 0) revert TooMuchSold(party);
                escrow &= LOW_HALF;
                _lock(party, slot, escrow);
                _setWord(escrows, i, (uint256(uint160(party)) << AMOUNT_BITS) | escrow);
            }
            (address dso, address lpd) = IRegistry(REGISTRY).signatories();
            signatures.requireAt(count, digest, dso);
            signatures.requireAt(count + 1, digest, lpd);
        }
    }

    /// @dev Unlocks and credits, and returns the words of the event. A batch unlocks exactly what it
    /// locked, each agreement once, and credits what it unlocks.
    function _moveAll(address[] calldata parties, PartyTable table) private returns (bytes memory flows) {
        uint256 count = parties.length;
        flows = new bytes(32 * count);
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                uint256 flow = table.flowOf(i);
                if (flow == 0) continue;
                _setWord(flows, i, flow);
                _move(_partyAt(parties, i), flow);
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
    function _partyAt(address[] calldata parties, uint256 index) private pure returns (address party) {
        assembly ("memory-safe") {
            party := shr(96, shl(96, calldataload(add(parties.offset, shl(5, index)))))
        }
    }

    /// @dev Without bounds check, for loops that run to the number of words.
    function _setWord(bytes memory words, uint256 index, uint256 value) private pure {
        assembly ("memory-safe") {
            mstore(add(add(words, 0x20), shl(5, index)), value)
        }
    }
}
