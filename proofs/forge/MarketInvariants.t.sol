// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarketHandler} from "./MarketHandler.sol";

/// @title What is always true of the deployed market
/// @notice Checked after every action of every campaign (MODEL, "Always true").
contract MarketInvariants {
    MarketHandler internal _handler;
    uint256 private constant ACCOUNTS = 7;

    error Violated(string what);

    function setUp() public {
        _handler = new MarketHandler();
    }

    /// @notice What forge calls.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice Everything below, after every action.
    function invariant_always_true() external view {
        moneyIsConserved();
        everyBalanceIsTheModels();
        lockedIsTheSumOfOpenObligations();
        tokensAreConserved();
        noAttackSucceedsAndNoHonestActFails();
        whoKeepsItsWordLosesNothing();
    }

    /// @notice Coins held by the market = Σ free + Σ locked; nothing is lost between wallets and market.
    function moneyIsConserved() public view {
        (uint256[] memory free, uint256[] memory locked) = _balances();
        uint256 inside;
        uint256 outside;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            inside += free[i] + locked[i];
            outside += _handler.coin().balanceOf(_handler.account(i));
        }
        _require(_handler.coin().balanceOf(address(_handler.market())) == inside, "coins held = free + locked");
        _require(inside + outside == _handler.paidIn(), "paid in = inside + outside");
    }

    /// @notice What each party has is to the n€ what the model says.
    function everyBalanceIsTheModels() public view {
        (uint256[] memory free, uint256[] memory locked) = _balances();
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            _require(locked[i] == _handler.locked(i), "locked as the model says");
            if (i < 5) {
                _require(free[i] == _handler.free(i), "free as the model says");
                _require(
                    _handler.coin().balanceOf(_handler.account(i)) == _handler.wallet(i), "wallet as the model says"
                );
            } else {
                _require(free[i] == _handler.wallet(i), "operators paid as the model says");
            }
        }
    }

    /// @notice What is locked is the sum of open obligations, reckoned anew from the open agreements.
    function lockedIsTheSumOfOpenObligations() public view {
        (, uint256[] memory locked) = _balances();
        (uint256[5] memory owed,) = _handler.openObligations();
        for (uint256 i = 0; i < 5; ++i) {
            _require(locked[i] == owed[i], "locked = open obligations");
        }
    }

    /// @notice Tokens minted = held + burned + lapsed, and held is the energy of open agreements.
    function tokensAreConserved() public view {
        (uint256 minted, uint256 burned, uint256 lapsed) = _handler.token().totals();
        _require(minted == _handler.minted() && burned == _handler.burned() && lapsed == _handler.lapsed(), "totals");
        (, uint256 open) = _handler.openObligations();
        _require(minted - burned - lapsed == open, "held = open energy");
    }

    /// @notice No replay across time, chain or contract, no forgery, no theft; and no honest act refused.
    function noAttackSucceedsAndNoHonestActFails() public view {
        _require(_handler.breaches() == 0, "no breach");
    }

    /// @notice A party that kept its word ends with exactly what was agreed; nobody pays beyond its escrow.
    function whoKeepsItsWordLosesNothing() public view {
        _require(_handler.broken() == 0, "nobody honest lost");
    }

    function _balances() private view returns (uint256[] memory free, uint256[] memory locked) {
        address[] memory accounts = new address[](ACCOUNTS);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            accounts[i] = _handler.account(i);
        }
        return _handler.market().balancesOf(accounts);
    }

    function _require(bool holds, string memory what) private pure {
        if (!holds) revert Violated(what);
    }
}

/// @title The campaigns are not empty
contract MarketReach {
    error TooFew(uint256 commits, uint256 settlements, uint256 releases);

    /// @notice Random actions like the campaign's commit, settle and release often enough to mean something.
    function test_random_actions_reach_every_part_of_the_life_cycle() external {
        MarketHandler handler = new MarketHandler();
        uint256 random = 1;
        for (uint256 i = 0; i < 200; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            uint256 action = random % 5;
            if (action < 2) handler.commit(random >> 8);
            else if (action < 4) handler.settle(random >> 8, random >> 32);
            else handler.release(random >> 8, random >> 32);
        }
        (uint256 commits, uint256 settlements, uint256 releases) =
            (handler.commits(), handler.settlements(), handler.releases());
        if (commits < 25 || settlements < 15 || releases < 2 || handler.breaches() != 0) {
            revert TooFew(commits, settlements, releases);
        }
    }
}
