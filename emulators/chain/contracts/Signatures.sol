// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Many signatures on one digest
/// @notice Each is 64 bytes, r and then s with the parity on top (ERC-2098); a malleable one, with s
/// in the upper half of the curve's order, is refused. Of a signer that is a contract (ERC-1271) the
/// 64 bytes are zero and the length of what it wants to see, which stands behind the list, in the
/// signers' order.
library Signatures {
    uint256 internal constant BYTES = 64;

    /// @notice The signature is not this signer's on exactly this struct, or it is malleable.
    error WrongSignature(address signer);
    /// @notice There must be one signature of 64 bytes per party, then the DSO's and the LPD's, then what
    /// contracts among them want to see, and nothing more.
    error SignatureCount(uint256 bytesGiven, uint256 bytesNeeded);

    /// @dev Refuses a list that has no room for `count` signatures. Returns where what contracts want to
    /// see begins.
    function requireRoom(bytes calldata signatures, uint256 count) internal pure returns (uint256 tail) {
        tail = count * BYTES;
        if (signatures.length < tail) revert SignatureCount(signatures.length, tail);
    }

    /// @dev Refuses a list that goes on behind `tail`.
    function requireEnd(bytes calldata signatures, uint256 tail) internal pure {
        if (signatures.length != tail) revert SignatureCount(signatures.length, tail);
    }

    /// @dev Refuses where signature `index` of a list that is long enough is not `signer`'s. Returns where
    /// the next contract's part begins.
    function requireAt(bytes calldata signatures, uint256 index, bytes32 digest, address signer, uint256 tail)
        internal
        view
        returns (uint256)
    {
        bytes32 r;
        bytes32 vs;
        assembly ("memory-safe") {
            let at := add(signatures.offset, shl(6, index))
            r := calldataload(at)
            vs := calldataload(add(at, 0x20))
        }
        if (isSigned(digest, r, vs, signer)) return tail;
        uint256 length = uint256(vs);
        if (r != 0 || length > signatures.length - tail) revert WrongSignature(signer);
        requireWallet(digest, signatures[tail:tail + length], signer);
        return tail + length;
    }

    /// @dev Refuses where the signature is not `signer`'s.
    function requireSigned(bytes32 digest, bytes32 r, bytes32 vs, address signer) internal pure {
        if (!isSigned(digest, r, vs, signer)) revert WrongSignature(signer);
    }

    /// @dev Refuses where `signer` is no contract, or one that does not take the signature.
    function requireWallet(bytes32 digest, bytes calldata signature, address signer) internal view {
        if (
            signer.code.length == 0
                || !SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature)
        ) revert WrongSignature(signer);
    }

    /// @dev Whether the signature is `signer`'s.
    function isSigned(bytes32 digest, bytes32 r, bytes32 vs, address signer) internal pure returns (bool) {
        (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecover(digest, r, vs);
        return problem == ECDSA.RecoverError.NoError && recovered == signer;
    }
}
