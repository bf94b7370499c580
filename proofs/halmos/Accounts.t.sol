// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Custody} from "contracts/Custody.sol";

interface SVM {
    function enableSymbolicStorage(address account) external;
}

/// @title The accounts of a market, with what only the market may do
contract Accounts is Custody {
    constructor() Custody(IERC20(address(1)), address(2)) {}

    function enter(address party, uint256 slot, uint256 nonce, uint256 escrow) external {
        _enter(party, slot, nonce, escrow);
    }

    function move(address party, uint256 flow) external {
        _move(party, flow);
    }
}

/// @title Two balances in one word never mix
contract AccountProofs {
    Accounts private _accounts = new Accounts();

    function setUp() public {
        SVM(address(uint160(uint256(keccak256("svm cheat code"))))).enableSymbolicStorage(address(_accounts));
    }

    /// @notice Escrow goes from free to locked; nothing else of the account changes that should not,
    /// no other account changes at all, and more than is free is refused.
    function check_a_commit_moves_free_to_locked(
        address party,
        address other,
        uint32 slot,
        uint32 nonce,
        uint128 escrow
    ) external {
        if (party == other) return;
        (uint256 free, uint256 locked) = _balances(party);
        (uint256 otherFree, uint256 otherLocked) = _balances(other);
        if (free + locked >= 1 << 80) return; // more than all coins that can be held
        uint256 lowest = _accounts.lowestValidNonce(party);
        try _accounts.enter(party, slot, nonce, escrow) {
            (uint256 freeAfter, uint256 lockedAfter) = _balances(party);
            assert(escrow <= free && nonce >= lowest);
            assert(freeAfter == free - escrow && lockedAfter == locked + escrow);
            assert(_accounts.lowestValidNonce(party) == lowest && _accounts.isActive(party));
        } catch {}
        (uint256 otherFreeAfter, uint256 otherLockedAfter) = _balances(other);
        assert(otherFreeAfter == otherFree && otherLockedAfter == otherLocked);
    }

    /// @notice A party is in a slot once: what entered cannot enter again.
    function check_a_slot_is_entered_once(address party, uint32 slot, uint32 nonce, uint64 escrow) external {
        (uint256 free, uint256 locked) = _balances(party);
        if (free + locked >= 1 << 80) return;
        try _accounts.enter(party, slot, nonce, escrow) {} catch { return; }
        try _accounts.enter(party, slot, nonce, 0) {
            assert(false);
        } catch {}
    }

    /// @notice A settlement unlocks and credits exactly what it says.
    function check_a_settlement_moves_what_it_says(address party, uint80 unlocked, uint80 credited) external {
        (uint256 free, uint256 locked) = _balances(party);
        if (unlocked > locked || free + credited >= 1 << 80) return; // what the market vouches for
        uint256 lowest = _accounts.lowestValidNonce(party);
        bool active = _accounts.isActive(party);
        _accounts.move(party, (uint256(unlocked) << 128) | credited);
        (uint256 freeAfter, uint256 lockedAfter) = _balances(party);
        assert(freeAfter == free + credited && lockedAfter == locked - unlocked);
        assert(_accounts.lowestValidNonce(party) == lowest && _accounts.isActive(party) == active);
    }

    function _balances(address party) private view returns (uint256 free, uint256 locked) {
        address[] memory one = new address[](1);
        one[0] = party;
        (uint256[] memory frees, uint256[] memory lockeds) = _accounts.balancesOf(one);
        return (frees[0], lockeds[0]);
    }
}
