// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Many signatures on one digest
/// @notice Each is 64 bytes, r and then s with the parity on top (ERC-2098); a malleable one, with s
/// in the upper half of the curve's order, is refused.
library Signatures {
    uint256 internal constant BYTES = 64;

    /// @notice The signature is not this signer's on exactly this struct, or it is malleable.
    error WrongSignature(address signer);
    /// @notice There must be one signature of 64 bytes per party, then the DSO's and the LPD's.
    error SignatureCount(uint256 bytesGiven, uint256 bytesNeeded);

    /// @dev Refuses a list that is not `count` signatures long.
    function requireCount(bytes calldata signatures, uint256 count) internal pure {
        if (signatures.length != count * BYTES) revert SignatureCount(signatures.length, count * BYTES);
    }

    /// @dev Refuses where signature `index` of a list that is long enough is not `signer`'s.
    function requireAt(bytes calldata signatures, uint256 index, bytes32 digest, address signer) internal pure {
        bytes32 r;
        bytes32 vs;
        assembly ("memory-safe") {
            let at := add(signatures.offset, shl(6, index))
            r := calldataload(at)
            vs := calldataload(add(at, 0x20))
        }
        requireSigned(digest, r, vs, signer);
    }

    /// @dev Refuses where the signature is not `signer`'s.
    function requireSigned(bytes32 digest, bytes32 r, bytes32 vs, address signer) internal pure {
        (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecover(digest, r, vs);
        if (problem != ECDSA.RecoverError.NoError || recovered != signer) revert WrongSignature(signer);
    }
}
