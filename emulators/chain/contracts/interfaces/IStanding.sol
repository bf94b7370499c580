// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who follows the standing of parties
/// @notice A market keeps each party's standing in the word it reads for that party anyway; the
/// registry remains the only one that may change it and calls this whenever it does.
interface IStanding {
    /// @notice The registry says that `accounts` may from now on trade, or no longer.
    /// @param accounts the parties concerned
    /// @param active true where they may enter agreements
    function standingChanged(address[] calldata accounts, bool active) external;
}
