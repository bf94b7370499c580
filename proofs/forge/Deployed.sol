// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "./Vm.sol";

/// @title The committed artefacts, as anybody sees them
/// @notice Interfaces instead of sources: what is proven is the bytecode that is deployed.
struct Terms {
    uint32 slot;
    uint32 batch;
    uint64 commitDeadline;
    uint32 shortRate;
    uint32 longRate;
}

struct Calendar {
    uint256 firstSlotStart;
    uint256 slotLength;
    uint256 correctionWindow;
    uint256 releaseDelay;
}

struct Operators {
    address auctionHouse;
    address dso;
    address lpd;
    address stabiliser;
    address oracle;
}

interface IMarket {
    function commit(
        Terms calldata terms,
        uint256[] calldata agreements,
        uint256[] calldata parties,
        uint256[] calldata counterOrders,
        bytes calldata signatures
    ) external;
    function settle(
        Terms calldata terms,
        uint256[] calldata agreements,
        uint256[] calldata parties,
        uint256[] calldata counterOrders,
        uint256[] calldata readings,
        bytes32 r,
        bytes32 vs
    ) external;
    function release(
        Terms calldata terms,
        uint256[] calldata agreements,
        uint256[] calldata parties,
        uint256[] calldata counterOrders,
        uint256[] calldata readings
    ) external;
    function deposit(uint256 amount) external;
    function withdraw(uint256 amount) external;
    function cancelOrders(uint256 lowestValid) external;
    function contest(uint32 slot) external;
    function isContested(address party, uint32 slot) external view returns (bool);
    function lowestValidNonce(address account) external view returns (uint256);
    function balancesOf(address[] calldata accounts)
        external
        view
        returns (uint256[] memory free, uint256[] memory locked);
    function standingChanged(address[] calldata accounts, bool active) external;
    function meteringChanged(address[] calldata accounts, bool metered) external;
    function accountMoved(address from, address to) external;
}

interface IRegistryAdmin {
    function bindMarket(address market) external;
    function admit(address[] calldata accounts, uint8[] calldata roles) external;
    function bindMeters(address[] calldata meters, address[] calldata owners) external;
}

interface ICoin {
    function deposit(address[] calldata accounts, uint256[] calldata amounts) external;
    function approve(address spender, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
    function balanceOf(address account) external view returns (uint256);
}

interface IToken {
    function mint(uint256 slot, address[] calldata sellers, uint256[] calldata lanes) external;
    function retire(uint256 slot, address[] calldata sellers, uint256[] calldata lanes, uint256 lapsed) external;
    function safeTransferFrom(address from, address to, uint256 id, uint256 amount, bytes calldata data) external;
    function balanceOf(address account, uint256 id) external view returns (uint256);
    function totals() external view returns (uint256 minted, uint256 burned, uint256 lapsed);
}

library Artefacts {
    error NotCreated(string name);

    /// @dev Creates a contract from its committed artefact.
    function create(string memory name, bytes memory arguments) internal returns (address created) {
        string memory path = string.concat("../emulators/chain/artefacts/", name, ".json");
        bytes memory code = bytes.concat(VM.parseJsonBytes(VM.readFile(path), ".bytecode"), arguments);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        if (created == address(0)) revert NotCreated(name);
    }
}
