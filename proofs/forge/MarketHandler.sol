// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Terms} from "./Deployed.sol";
import {Neighbourhood} from "./Neighbourhood.sol";
import {Agreement, Batch, Effect, Model} from "./Slot.sol";
import {VM} from "./Vm.sol";

/// @title Everything that parties, operators and strangers do, at random
/// @notice After each action the books here hold what the model says; the invariants compare. What
/// must succeed reverts here when it does not, and the campaign fails on any revert.
contract MarketHandler is Neighbourhood {
    Batch[] internal _batches;
    mapping(uint256 key => bool) internal _seen;
    bytes[] internal _carried;

    /// Attacks that were not refused; honest acts that were.
    uint256 public breaches;
    /// Times that a party which kept its word ended elsewhere than agreed, or lost more than its escrow.
    uint256 public broken;
    uint256 public commits;
    uint256 public settlements;
    uint256 public releases;

    /// @notice Somebody pays in.
    function deposit(uint256 party, uint256 amount) external atClock {
        party = party % PARTIES;
        amount = amount % 1e13;
        _payIn(party, amount);
    }

    /// @notice Somebody takes free money out, or more than that, which is refused.
    function withdraw(uint256 party, uint256 amount) external atClock {
        party = party % PARTIES;
        uint256 held = free[party];
        amount = amount % (held + held / 4 + 2);
        VM.prank(account[party]);
        (bool done,) = address(market).call(abi.encodeCall(market.withdraw, (amount)));
        if (done != (amount <= held)) breaches++;
        if (!done) return;
        free[party] -= amount;
        wallet[party] += amount;
    }

    /// @notice A party cancels its orders; the nonces that it signs from now on are higher.
    function cancel(uint256 party) external atClock {
        party = party % PARTIES;
        nonce[party] += 1;
        VM.prank(account[party]);
        market.cancelOrders(nonce[party]);
    }

    /// @notice A party contests its reading of a slot that has begun: from then on only a reviewed one
    /// counts, or a substitute after the correction window.
    function contest(uint256 party, uint256 back) external atClock {
        party = party % PARTIES;
        uint256 slot = (clock - FIRST_SLOT_START) / SLOT_LENGTH;
        back = back % 4;
        slot = slot > back ? slot - back : 0;
        if (clock >= FIRST_SLOT_START + (slot + 1) * SLOT_LENGTH + CORRECTION_WINDOW) return;
        contested[party][slot] = true;
        VM.prank(account[party]);
        market.contest(uint32(slot));
    }

    /// @notice A random batch among some parties, for one of the next slots.
    function commit(uint256 seed) external atClock {
        uint32 slot = uint32((clock - FIRST_SLOT_START) / SLOT_LENGTH + 1 + seed % 3);
        uint32 number = uint32((seed >> 8) % 2);
        uint256 key = (uint256(slot) << 32) | number;
        Batch memory b = _draw(seed, slot, number);
        if (b.agreements.length == 0) return;
        bytes memory data = _commitData(b, _domain());
        bool expected = !_seen[key];
        uint256[] memory escrow = new uint256[](b.members.length);
        for (uint256 k = 0; k < b.agreements.length; ++k) {
            escrow[b.agreements[k].seller] += b.agreements[k].sellerCollateral;
            escrow[b.agreements[k].buyer] += Model.buyerEscrow(b.agreements[k]);
        }
        for (uint256 i = 0; i < b.members.length; ++i) {
            if (escrow[i] > free[b.members[i]] || inSlot[b.members[i]][slot]) expected = false;
        }
        (bool done,) = address(market).call(data);
        if (done != expected) breaches++;
        if (!done) return;
        commits++;
        _seen[key] = true;
        _carried.push(data);
        for (uint256 i = 0; i < b.members.length; ++i) {
            inSlot[b.members[i]][slot] = true;
            free[b.members[i]] -= escrow[i];
            locked[b.members[i]] += escrow[i];
        }
        for (uint256 k = 0; k < b.agreements.length; ++k) {
            Agreement memory a = b.agreements[k];
            held[b.members[a.seller]][(uint256(slot) << 8) | a.origin] += a.quantity;
            minted += a.quantity;
        }
        _store(b);
    }

    /// @notice A batch is settled on random readings; some may be missing.
    function settle(uint256 index, uint256 seed) external atClock {
        if (_batches.length == 0) return;
        index = index % _batches.length;
        if (!_batches[index].open) return;
        Batch memory b = _batches[index];
        uint256 end = FIRST_SLOT_START + (uint256(b.terms.slot) + 1) * SLOT_LENGTH;
        if (clock < end) _goTo(end + seed % SLOT_LENGTH);
        (uint256[] memory words, Effect memory e, int256[] memory net, bool open) = _read(b, seed);
        bytes memory data = _settleData(b, words);
        bool expected = e.settledWh != 0 && clock <= end + CORRECTION_WINDOW + RELEASE_DELAY;
        (bool done,) = address(market).call(data);
        if (done != expected) breaches++;
        if (!done) return;
        settlements++;
        _carried.push(data);
        _judge(b, e, net);
        _book(b, e);
        wallet[PARTIES] += e.dso;
        wallet[PARTIES + 1] += e.stabiliser;
        for (uint256 i = 0; i < words.length; ++i) {
            _batches[index].used[i] = words[i] & ~Model.USED_BEFORE;
        }
        if (!open) _batches[index].open = false;
    }

    /// @notice A batch is given up: the time for settlements passes and somebody releases it.
    function release(uint256 index, uint256 seed) external atClock {
        if (_batches.length == 0) return;
        index = index % _batches.length;
        if (!_batches[index].open) return;
        Batch memory b = _batches[index];
        uint256 end = FIRST_SLOT_START + (uint256(b.terms.slot) + 1) * SLOT_LENGTH;
        uint256 last = end + CORRECTION_WINDOW + RELEASE_DELAY;
        if (clock <= last && seed % 4 == 0) _goTo(last + 1);
        bytes memory data = _releaseData(b);
        (bool done,) = address(market).call(data);
        if (done != (clock > last)) breaches++;
        if (!done) return;
        releases++;
        _carried.push(data);
        _book(b, Model.release(b));
        _batches[index].open = false;
    }

    /// @notice Time passes.
    function wait(uint256 span) external atClock {
        _goTo(clock + span % (2 * SLOT_LENGTH));
    }

    /// @notice Something that was carried once is carried again, by a stranger.
    function replay(uint256 index) external atClock {
        if (_carried.length == 0) return;
        VM.prank(STRANGER);
        (bool done,) = address(market).call(_carried[index % _carried.length]);
        if (done) breaches++;
    }

    /// @notice A batch signed for another chain, another contract, or by the wrong key of one signer.
    function forge(uint256 seed) external atClock {
        uint32 slot = uint32((clock - FIRST_SLOT_START) / SLOT_LENGTH + 40 + seed % 3);
        Batch memory b = _draw(seed, slot, 7);
        if (b.agreements.length == 0) return;
        bytes32 domain = _domain();
        if (seed % 3 == 0) domain = _domainOf(block.chainid + 1, address(market));
        if (seed % 3 == 1) domain = _domainOf(block.chainid, STRANGER);
        if (seed % 3 == 2) forgery = 1 + (seed >> 16) % (b.members.length + 2);
        bytes memory data = _commitData(b, domain);
        forgery = 0;
        (bool done,) = address(market).call(data);
        if (done) breaches++;
    }

    /// @notice Readings that nobody signed as they are carried.
    function tamper(uint256 index, uint256 seed) external atClock {
        if (_batches.length == 0) return;
        if (!_batches[index % _batches.length].open) return;
        Batch memory b = _batches[index % _batches.length];
        (uint256[] memory words,,,) = _read(b, seed);
        bytes memory data = _settleDataTampered(b, words, seed);
        VM.prank(STRANGER);
        (bool done,) = address(market).call(data);
        if (done) breaches++;
    }

    /// @notice A stranger reaches for what is not its own.
    function steal(uint256 party, uint256 how) external atClock {
        party = party % PARTIES;
        (address to, bytes memory data) = _theft(party, how % 9, _firstHolding(party));
        VM.prank(STRANGER);
        (bool done,) = to.call(data);
        if (done) breaches++;
    }

    /// @notice What each party owes in all open agreements together, and their energy, reckoned from
    /// them anew.
    function openObligations() external view returns (uint256[5] memory owed, uint256 energy) {
        for (uint256 i = 0; i < _batches.length; ++i) {
            if (!_batches[i].open) continue;
            Batch memory b = _batches[i];
            Effect memory e = Model.release(b);
            energy += e.settledWh;
            for (uint256 j = 0; j < b.members.length; ++j) {
                owed[b.members[j]] += e.unlocked[j];
            }
        }
    }

    /// @dev Who kept its word ends with what was agreed, whatever the others did; nobody loses more
    /// than its escrow. From the agreements and the chain's own balances, not from the model's books.
    function _judge(Batch memory b, Effect memory e, int256[] memory net) private {
        for (uint256 i = 0; i < b.members.length; ++i) {
            uint256 gained = _freeOnChain(b.members[i]) - free[b.members[i]];

            uint256 agreed;
            for (uint256 k = 0; k < b.agreements.length; ++k) {
                Agreement memory a = b.agreements[k];
                if (a.seller != i && a.buyer != i) continue;
                if (!e.settled[k]) continue;
                if (a.seller == i) agreed += a.price * a.quantity + a.sellerCollateral;
                else agreed += a.buyerCollateral;
            }
            bool honest = net[i] == Model.committedNet(b.agreements, i);
            if (honest && gained != agreed) broken++;

        }
    }

    function _book(Batch memory b, Effect memory e) private {
        for (uint256 i = 0; i < b.members.length; ++i) {
            locked[b.members[i]] -= e.unlocked[i];
            free[b.members[i]] += e.credited[i];
        }
        for (uint256 k = 0; k < b.agreements.length; ++k) {
            if (!e.settled[k]) continue;
            Agreement memory a = b.agreements[k];
            held[b.members[a.seller]][(uint256(b.terms.slot) << 8) | a.origin] -= a.quantity;
        }
        burned += e.settledWh - e.lapsedWh;
        lapsed += e.lapsedWh;
    }

    function _store(Batch memory b) private {
        Batch storage s = _batches.push();
        s.terms = b.terms;
        s.words = b.words;
        s.parties = b.parties;
        s.counterOrders = b.counterOrders;
        s.members = b.members;
        s.used = b.used;
        s.open = true;
        for (uint256 k = 0; k < b.agreements.length; ++k) {
            s.agreements.push(b.agreements[k]);
        }
    }

    function _firstHolding(uint256) private view returns (uint256 id) {
        if (_batches.length == 0) return 0;
        Batch memory b = _batches[_batches.length - 1];
        return (uint256(b.terms.slot) << 8) | b.agreements[0].origin;
    }
}
