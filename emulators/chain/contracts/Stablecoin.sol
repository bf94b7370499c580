// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Euro on the ledger
/// @notice ERC-20 with 9 decimals, so that its unit is 1 n€ and energy [Wh] times price [n€/Wh] is
/// money without rounding. The issuer mints against euros paid in; a holder burns to be paid out.
contract Stablecoin is ERC20, ERC20Permit, Ownable {
    /// @notice Euros were paid in and `amount` minted.
    event Deposited(address indexed account, uint256 amount);
    /// @notice `amount` was burned; the issuer owes the holder as many euros.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice Two lists that belong together differ in length.
    error LengthMismatch();

    /// @notice Sets up the coin.
    /// @param issuer who holds the euros behind it
    constructor(address issuer) ERC20("Energy Euro", "eEUR") ERC20Permit("Energy Euro") Ownable(issuer) {}

    /// @notice Digits behind the point: the unit is 1 n€.
    /// @return 9
    function decimals() public pure override returns (uint8) {
        return 9;
    }

    /// @notice Mints against euros paid in.
    /// @param accounts who paid
    /// @param amounts how much each [n€]
    function deposit(address[] calldata accounts, uint256[] calldata amounts) external onlyOwner {
        if (accounts.length != amounts.length) revert LengthMismatch();
        for (uint256 i = 0; i < accounts.length; ++i) {
            _mint(accounts[i], amounts[i]);
            emit Deposited(accounts[i], amounts[i]);
        }
    }

    /// @notice Burns the caller's coins, to be paid out in euros.
    /// @param amount how much [n€]
    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        emit Withdrawn(msg.sender, amount);
    }

    /// @notice Balances of many at once.
    /// @param accounts whose
    /// @return amounts balance of each [n€]
    function balancesOf(address[] calldata accounts) external view returns (uint256[] memory amounts) {
        amounts = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            amounts[i] = balanceOf(accounts[i]);
        }
    }
}
