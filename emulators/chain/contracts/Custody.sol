// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IStanding} from "./interfaces/IStanding.sol";

/// @title Money held for the parties
/// @notice Each party has a free balance, which it may withdraw at any time whatever others do, and
/// a locked one, its escrow. The sum over all parties never exceeds the coins held here.
/// @dev One storage word per party, so that a commit or a settlement costs each party one write:
/// free (96 bits) | locked (96) << 96 | latest slot (32) << 192 | slots entered (31) << 224 |
/// active (1) << 255. Bit i of `slots entered` says that the party is in a batch of slot
/// `latest - i`. Coins held never exceed 2⁹⁶ − 1 n€, so neither balance can spill into its
/// neighbour: credits only ever move what was deposited.
abstract contract Custody is IStanding {
    using SafeERC20 for IERC20;

    /// @notice A deposit that its owner authorised by signature (ERC-2612) and anybody may carry.
    struct PermittedDeposit {
        address owner;
        uint256 amount;
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    uint256 internal constant AMOUNT_BITS = 96;
    uint256 private constant AMOUNT = (1 << AMOUNT_BITS) - 1;
    uint256 private constant BALANCES = (1 << LATEST_SHIFT) - 1;
    uint256 private constant LATEST_SHIFT = 192;
    uint256 private constant ENTERED_SHIFT = 224;
    uint256 private constant SLOT_MASK = 0xffffffff;
    uint256 private constant ENTERED_MASK = 0x7fffffff;
    uint256 private constant ACTIVE = 1 << 255;

    /// @notice The coin that all money is held in.
    IERC20 public immutable STABLECOIN;
    /// @notice The registry, the only one that changes a party's standing.
    address public immutable REGISTRY;

    mapping(address account => uint256 word) private _accounts;

    /// @notice `amount` came into the free balance of `account`.
    event Deposited(address indexed account, uint256 amount);
    /// @notice `amount` left the free balance of `account`.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice Caller is not the registry.
    error OnlyRegistry();
    /// @notice The party is not admitted, or suspended.
    error NotActive(address account);
    /// @notice The free balance does not suffice.
    error InsufficientFree(address account, uint256 free, uint256 needed);
    /// @notice More coins than the accounts can count.
    error TooManyCoins();
    /// @notice The party is in a batch of this slot already.
    error AlreadyInSlot(address party, uint256 slot);
    /// @notice The party has moved on to much later slots.
    error SlotTooOld(address party, uint256 slot);

    /// @notice Sets up an empty custody.
    /// @param stablecoin the coin that all money is held in
    /// @param registry who may change a party's standing
    constructor(IERC20 stablecoin, address registry) {
        STABLECOIN = stablecoin;
        REGISTRY = registry;
    }

    /// @notice Moves coins of the caller, which it approved, into its free balance.
    /// @param amount how much [n€]
    function deposit(uint256 amount) external {
        _deposit(msg.sender, amount);
    }

    /// @notice Carries deposits that their owners authorised by signature; one that is not (any more)
    /// valid refuses them all, so that nobody's allowance is ever drawn on by a stranger.
    /// @param deposits who deposits how much, and the owners' ERC-2612 signatures
    function depositPermitted(PermittedDeposit[] calldata deposits) external {
        for (uint256 i = 0; i < deposits.length; ++i) {
            PermittedDeposit calldata d = deposits[i];
            IERC20Permit(address(STABLECOIN)).permit(d.owner, address(this), d.amount, d.deadline, d.v, d.r, d.s);
            _deposit(d.owner, d.amount);
        }
    }

    /// @notice Pays free balance out to the caller; possible at any time, suspended or not.
    /// @param amount how much [n€]
    function withdraw(uint256 amount) external {
        uint256 word = _accounts[msg.sender];
        uint256 free = word & AMOUNT;
        if (free < amount) revert InsufficientFree(msg.sender, free, amount);
        unchecked {
            _accounts[msg.sender] = word - amount;
        }
        emit Withdrawn(msg.sender, amount);
        STABLECOIN.safeTransfer(msg.sender, amount);
    }

    /// @notice Free and locked balances of many parties at once.
    /// @param accounts whose
    /// @return free what each could withdraw [n€]
    /// @return locked what each has in escrow [n€]
    function balancesOf(address[] calldata accounts)
        external
        view
        returns (uint256[] memory free, uint256[] memory locked)
    {
        free = new uint256[](accounts.length);
        locked = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            uint256 word = _accounts[accounts[i]];
            free[i] = word & AMOUNT;
            locked[i] = (word >> AMOUNT_BITS) & AMOUNT;
        }
    }

    /// @notice Whether a party may enter agreements.
    /// @param account the party
    /// @return active true where it may
    function isActive(address account) external view returns (bool active) {
        return _accounts[account] & ACTIVE != 0;
    }

    /// @inheritdoc IStanding
    function standingChanged(address[] calldata accounts, bool active) external {
        if (msg.sender != REGISTRY) revert OnlyRegistry();
        for (uint256 i = 0; i < accounts.length; ++i) {
            uint256 word = _accounts[accounts[i]];
            _accounts[accounts[i]] = active ? word | ACTIVE : word & ~ACTIVE;
        }
    }

    /// @dev Moves `escrow` of an active party from free to locked and notes that it is in `slot`.
    function _lock(address party, uint256 slot, uint256 escrow) internal {
        uint256 word = _accounts[party];
        if (word < ACTIVE) revert NotActive(party);
        if (word & AMOUNT < escrow) revert InsufficientFree(party, word & AMOUNT, escrow);
        unchecked {
            uint256 latest = (word >> LATEST_SHIFT) & SLOT_MASK;
            uint256 entered = (word >> ENTERED_SHIFT) & ENTERED_MASK;
            if (slot > latest) {
                // A shift by 256 or more gives zero: long ago is forgotten.
                entered = ((entered << (slot - latest)) & ENTERED_MASK) | 1;
                latest = slot;
            } else {
                uint256 bit = (1 << (latest - slot)) & ENTERED_MASK;
                if (bit == 0) revert SlotTooOld(party, slot);
                if (entered & bit != 0) revert AlreadyInSlot(party, slot);
                entered |= bit;
            }
            // free − escrow and locked + escrow: neither leaves its bits.
            _accounts[party] = (word & BALANCES) - escrow + (escrow << AMOUNT_BITS) + (latest << LATEST_SHIFT)
                + (entered << ENTERED_SHIFT) + ACTIVE;
        }
    }

    /// @dev Unlocks flow >> 128 and credits the lower half of `flow`. The caller vouches that so much is
    /// locked, and that over all parties no more is credited than unlocked.
    function _move(address party, uint256 flow) internal {
        unchecked {
            _accounts[party] =
                _accounts[party] + (flow & ((1 << 128) - 1)) - ((flow >> 128) << AMOUNT_BITS);
        }
    }

    function _deposit(address account, uint256 amount) private {
        uint256 word = _accounts[account];
        if (word & ACTIVE == 0) revert NotActive(account);
        if (amount > AMOUNT) revert TooManyCoins();
        unchecked {
            // Cannot spill: refused below if all coins held together exceeded 96 bits.
            _accounts[account] = word + amount;
        }
        emit Deposited(account, amount);
        STABLECOIN.safeTransferFrom(account, address(this), amount);
        if (STABLECOIN.balanceOf(address(this)) > AMOUNT) revert TooManyCoins();
    }
}
