// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What a market asks the registry
/// @notice The addresses that currently hold the operators' roles.
interface IRegistry {
    /// @notice Who signs every batch of agreements beside its parties.
    /// @return dso the grid operator, which signs for the path fees
    /// @return lpd the retailer of last resort, which signs for the stability rates
    function signatories() external view returns (address dso, address lpd);

    /// @notice Who is paid by a settlement, and whose signature makes readings count.
    /// @return dso receives the path fees
    /// @return stabiliser receives what broken commitments cost
    /// @return oracle signs the meter readings
    function payees() external view returns (address dso, address stabiliser, address oracle);

    /// @notice Who matches orders and puts them on the ledger.
    /// @return account of the auction house
    function auctionHouseAccount() external view returns (address account);

    /// @notice The meter whose readings count for a party.
    /// @param owner the party
    /// @return meter its hardware identity, zero for none
    function meterOf(address owner) external view returns (address meter);

    /// @notice Where a party that moved to another address goes on.
    /// @param account its address so far
    /// @return successor its address since, zero where it did not move
    function successorOf(address account) external view returns (address successor);
}
