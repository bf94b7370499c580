// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What a market asks of the energy tokens
/// @notice Holdings are passed as one word per seller with one 32-bit lane per origin: lane `o`,
/// bits [32·o, 32·o + 32), holds the Wh of origin `o`.
interface IEnergyToken {
    /// @notice Mints the declared energy of a slot to its sellers.
    /// @param slot delivery slot
    /// @param sellers who declared
    /// @param lanes what each declared [Wh per origin]
    function mint(uint256 slot, address[] calldata sellers, uint256[] calldata lanes) external;

    /// @notice Takes tokens of a slot out of the world.
    /// @param slot delivery slot
    /// @param sellers whose tokens end
    /// @param lanes how much of each origin ends [Wh]
    /// @param lapsed how much of their sum was never delivered [Wh]; the rest counts as burned
    function retire(uint256 slot, address[] calldata sellers, uint256[] calldata lanes, uint256 lapsed) external;
}
