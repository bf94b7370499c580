// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

import {IEnergyToken} from "./interfaces/IEnergyToken.sol";

/// @title Declared energy
/// @notice ERC-1155 whose id is `slot << 8 | origin` and whose unit is 1 Wh. Only the market mints
/// (when a batch is committed) and retires (when it is settled): what was delivered is burned, what
/// was not lapses. Holders cannot move tokens, so that committed energy cannot be sold twice.
/// @dev Balances of eight consecutive slots share a storage word, one 32-bit lane each: a seller's
/// word is fresh once in eight slots, which saves most of the 22 000 gas of a fresh word. The
/// receiver hook of ERC-1155 is not called: a receiver could not refuse its own declaration, and
/// would gain control in the middle of a settlement.
contract EnergyToken is ERC1155, IEnergyToken {
    uint256 private constant ORIGINS = 8;
    uint256 private constant LANE_BITS = 32;
    uint256 private constant LANE = 0xffffffff;
    uint256 private constant SLOTS_PER_WORD = 8;
    uint256 private constant TOTAL_BITS = 80;
    uint256 private constant TOTAL = (1 << TOTAL_BITS) - 1;

    /// @notice The only contract that mints and retires.
    address public immutable MARKET;

    /// @dev Key: holder << 96 | origin << 64 | slot / 8; value: eight lanes of Wh, one per slot.
    mapping(uint256 key => uint256 lanes) private _holdings;
    /// @dev minted | burned << 80 | lapsed << 160, in Wh over all slots and sellers.
    uint256 private _totals;

    /// @notice Caller is not the market.
    error OnlyMarket();
    /// @notice Energy tokens stay with who declared the energy.
    error NotTransferable();
    /// @notice A seller declared 2³² Wh or more of one origin for one slot.
    error TooMuchDeclared(address seller);
    /// @notice A seller holds less than what should be retired.
    error TooLittleHeld(address seller);

    modifier onlyMarket() {
        if (msg.sender != MARKET) revert OnlyMarket();
        _;
    }

    /// @notice Sets up the tokens of one market.
    /// @param market the only contract that may mint and retire
    constructor(address market) ERC1155("") {
        MARKET = market;
    }

    /// @inheritdoc IEnergyToken
    function mint(uint256 slot, address[] calldata sellers, uint256[] calldata lanes) external onlyMarket {
        uint256 shift = (slot % SLOTS_PER_WORD) * LANE_BITS;
        uint256 minted;
        for (uint256 i = 0; i < sellers.length; ++i) {
            uint256 remaining = lanes[i];
            for (uint256 origin = 0; remaining != 0; ++origin) {
                uint256 amount = remaining & LANE;
                remaining >>= LANE_BITS;
                if (amount == 0) continue;
                uint256 key = _key(sellers[i], origin, slot);
                uint256 word = _holdings[key];
                if (((word >> shift) & LANE) + amount > LANE) revert TooMuchDeclared(sellers[i]);
                unchecked {
                    _holdings[key] = word + (amount << shift);
                    minted += amount;
                }
                emit TransferSingle(msg.sender, address(0), sellers[i], (slot << 8) | origin, amount);
            }
        }
        _totals += minted;
    }

    /// @inheritdoc IEnergyToken
    function retire(uint256 slot, address[] calldata sellers, uint256[] calldata lanes, uint256 lapsed)
        external
        onlyMarket
    {
        uint256 shift = (slot % SLOTS_PER_WORD) * LANE_BITS;
        uint256 retired;
        for (uint256 i = 0; i < sellers.length; ++i) {
            uint256 remaining = lanes[i];
            for (uint256 origin = 0; remaining != 0; ++origin) {
                uint256 amount = remaining & LANE;
                remaining >>= LANE_BITS;
                if (amount == 0) continue;
                uint256 key = _key(sellers[i], origin, slot);
                uint256 word = _holdings[key];
                if (((word >> shift) & LANE) < amount) revert TooLittleHeld(sellers[i]);
                unchecked {
                    _holdings[key] = word - (amount << shift);
                    retired += amount;
                }
                emit TransferSingle(msg.sender, sellers[i], address(0), (slot << 8) | origin, amount);
            }
        }
        _totals += ((retired - lapsed) << TOTAL_BITS) + (lapsed << (2 * TOTAL_BITS));
    }

    /// @notice Always refused: energy tokens stay with who declared the energy.
    function safeTransferFrom(address, address, uint256, uint256, bytes memory) public pure override {
        revert NotTransferable();
    }

    /// @notice Always refused: energy tokens stay with who declared the energy.
    function safeBatchTransferFrom(address, address, uint256[] memory, uint256[] memory, bytes memory)
        public
        pure
        override
    {
        revert NotTransferable();
    }

    /// @notice What became of all tokens; minted = held + burned + lapsed.
    /// @return minted ever declared [Wh]
    /// @return burned delivered [Wh]
    /// @return lapsed declared but not delivered [Wh]
    function totals() external view returns (uint256 minted, uint256 burned, uint256 lapsed) {
        uint256 word = _totals;
        return (word & TOTAL, (word >> TOTAL_BITS) & TOTAL, word >> (2 * TOTAL_BITS));
    }

    /// @notice Wh of one slot and origin that `account` has declared and that are not settled yet.
    /// @param account the holder
    /// @param id slot << 8 | origin
    /// @return balance of the holder [Wh]
    function balanceOf(address account, uint256 id) public view override returns (uint256) {
        uint256 origin = id & 0xff;
        uint256 slot = id >> 8;
        if (origin >= ORIGINS || slot > type(uint32).max) return 0;
        return (_holdings[_key(account, origin, slot)] >> ((slot % SLOTS_PER_WORD) * LANE_BITS)) & LANE;
    }

    function _key(address holder, uint256 origin, uint256 slot) private pure returns (uint256) {
        return (uint256(uint160(holder)) << 96) | (origin << 64) | (slot / SLOTS_PER_WORD);
    }

}
