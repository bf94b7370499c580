// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A wallet of two owners who both have to sign (ERC-1271)
contract Wallet {
    address private immutable FIRST;
    address private immutable SECOND;

    constructor(address first, address second) {
        FIRST = first;
        SECOND = second;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        bool valid = signature.length == 130 && _signer(hash, signature[:65]) == FIRST
            && _signer(hash, signature[65:]) == SECOND;
        return valid ? this.isValidSignature.selector : bytes4(0xffffffff);
    }

    function execute(address target, bytes calldata data) external {
        require(msg.sender == FIRST);
        (bool done,) = target.call(data);
        require(done);
    }

    function _signer(bytes32 hash, bytes calldata part) private pure returns (address) {
        return ecrecover(hash, uint8(part[64]), bytes32(part[:32]), bytes32(part[32:64]));
    }
}
