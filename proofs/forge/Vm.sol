// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What forge lets a test do beyond the EVM, as far as the proofs here use it
interface Vm {
    function addr(uint256 secret) external pure returns (address account);
    function sign(uint256 secret, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function prank(address sender) external;
    function warp(uint256 time) external;
    function assume(bool condition) external pure;
    function readFile(string calldata path) external view returns (string memory text);
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory value);
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address account);
    function getNonce(address account) external view returns (uint64 nonce);
}

Vm constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
