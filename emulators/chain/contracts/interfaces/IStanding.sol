// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who follows what the registry says of parties
/// @notice A market keeps each party's standing in the word it reads for that party anyway; the
/// registry remains the only one that may change it and calls these whenever it does.
interface IStanding {
    /// @notice The registry says that `accounts` may from now on trade, or no longer.
    /// @param accounts the parties concerned
    /// @param active true where they may enter agreements
    function standingChanged(address[] calldata accounts, bool active) external;

    /// @notice The registry says that the meters of `accounts` count from now on, or no longer.
    /// @param accounts the meters' owners
    /// @param metered true where measured readings of theirs count
    function meteringChanged(address[] calldata accounts, bool metered) external;

    /// @notice A party goes on under another address; its money and standing go with it.
    /// @param from its address so far
    /// @param to its address from now on
    function accountMoved(address from, address to) external;
}
