// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

import {OrderTerms} from "./OrderTerms.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {IStanding} from "./interfaces/IStanding.sol";

/// @title Money held for the parties
/// @notice Each party has a free balance, which it may withdraw at any time whatever others do, and
/// a locked one, its escrow. The sum over all parties never exceeds the coins held here.
/// @dev One storage word per party, so that a commit or a settlement costs each party one write:
/// free (80 bits) | locked (80) << 80 | latest slot (32) << 160 | slots entered (31) << 192 |
/// lowest valid nonce (30) << 223 | contested before (1) << 253 | metered (1) << 254 |
/// active (1) << 255. Bit i of `slots entered` says that the party is in a batch of slot
/// `latest - i`. Coins held never exceed 2⁸⁰ − 1 n€ (10¹⁵ €), so neither balance can spill into its
/// neighbour: credits only ever move what was deposited.
abstract contract Custody is IStanding, ReentrancyGuard {
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

    uint256 private constant AMOUNT_BITS = 80;
    uint256 private constant AMOUNT = (1 << AMOUNT_BITS) - 1;
    uint256 private constant BALANCES = (1 << LATEST_SHIFT) - 1;
    uint256 private constant LATEST_SHIFT = 160;
    uint256 private constant ENTERED_SHIFT = 192;
    uint256 private constant NONCE_SHIFT = 223;
    uint256 private constant SLOT_MASK = 0xffffffff;
    uint256 private constant ENTERED_MASK = 0x7fffffff;
    uint256 private constant NONCE_MASK = (1 << OrderTerms.NONCE_BITS) - 1;
    uint256 private constant CONTESTED_BEFORE = 1 << 253;
    uint256 private constant METERED = 1 << 254;
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

    /// @notice All orders of `account` with a nonce below `lowestValid` are cancelled.
    event OrdersCancelled(address indexed account, uint256 lowestValid);
    /// @notice `amount` of free balance went from an account to the one that followed it.
    event AccountMoved(address indexed from, address indexed to, uint256 amount);

    /// @notice Caller is not the registry.
    error OnlyRegistry();
    /// @notice The party is not admitted, or suspended.
    error NotActive(address account);
    /// @notice The free balance does not suffice.
    error InsufficientFree(address account, uint256 free, uint256 needed);
    /// @notice Fewer coins arrived than were to be credited.
    error ShortDeposit(address account, uint256 amount);
    /// @notice More coins than the accounts can count.
    error TooManyCoins();
    /// @notice The party is in a batch of this slot already.
    error AlreadyInSlot(address party, uint256 slot);
    /// @notice The party has moved on to much later slots.
    error SlotTooOld(address party, uint256 slot);
    /// @notice The party cancelled all orders below `lowestValid`, this one among them.
    error OrderCancelled(address party, uint256 lowestValid);
    /// @notice Cancelled orders stay cancelled, and a nonce has 30 bits.
    error BadNonce(uint256 nonce);
    /// @notice The account went on under another address, which has its money.
    error MovedTo(address successor);
    /// @notice The account did not move, so that nothing can follow.
    error NotMoved(address account);
    /// @notice An account can only move to an address that has none.
    error AccountInUse(address account);

    /// @notice Sets up an empty custody.
    /// @param stablecoin the coin that all money is held in
    /// @param registry who may change a party's standing
    constructor(IERC20 stablecoin, address registry) {
        STABLECOIN = stablecoin;
        REGISTRY = registry;
    }

    /// @notice Moves coins of the caller, which it approved, into its free balance.
    /// @param amount how much [n€]
    function deposit(uint256 amount) external nonReentrant {
        _deposit(msg.sender, amount);
    }

    /// @notice Carries deposits that their owners authorised by signature; one that is not (any more)
    /// valid refuses them all, so that nobody's allowance is ever drawn on by a stranger.
    /// @param deposits who deposits how much, and the owners' ERC-2612 signatures
    function depositPermitted(PermittedDeposit[] calldata deposits) external nonReentrant {
        for (uint256 i = 0; i < deposits.length; ++i) {
            PermittedDeposit calldata d = deposits[i];
            IERC20Permit(address(STABLECOIN)).permit(d.owner, address(this), d.amount, d.deadline, d.v, d.r, d.s);
            _deposit(d.owner, d.amount);
        }
    }

    /// @notice Pays free balance out to the caller; possible at any time, suspended or not, whatever others
    /// owe.
    /// @param amount how much [n€]
    function withdraw(uint256 amount) external nonReentrant {
        address successor = IRegistry(REGISTRY).successorOf(msg.sender);
        if (successor != address(0)) revert MovedTo(successor);
        uint256 word = _accounts[msg.sender];
        uint256 free = word & AMOUNT;
        if (free < amount) revert InsufficientFree(msg.sender, free, amount);
        unchecked {
            _accounts[msg.sender] = word - amount;
        }
        emit Withdrawn(msg.sender, amount);
        STABLECOIN.safeTransfer(msg.sender, amount);
    }

    /// @notice Cancels all orders of the caller with a nonce below `lowestValid`: no contract can be made
    /// from them any more. Contracts that stand are not concerned.
    /// @param lowestValid first nonce that is still good
    function cancelOrders(uint256 lowestValid) external {
        uint256 word = _accounts[msg.sender];
        uint256 nonce = (word >> NONCE_SHIFT) & NONCE_MASK;
        if (lowestValid <= nonce || lowestValid > NONCE_MASK) revert BadNonce(lowestValid);
        unchecked {
            _accounts[msg.sender] = word + ((lowestValid - nonce) << NONCE_SHIFT);
        }
        emit OrdersCancelled(msg.sender, lowestValid);
    }

    /// @notice Sends what settlements credited to an account that moved after its successor; anybody may
    /// call it.
    /// @param from the account that moved
    function collect(address from) external {
        address to = IRegistry(REGISTRY).successorOf(from);
        if (to == address(0)) revert NotMoved(from);
        uint256 amount = _accounts[from] & AMOUNT;
        unchecked {
            _accounts[from] -= amount;
            _accounts[to] += amount;
        }
        emit AccountMoved(from, to, amount);
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

    /// @notice The first nonce of a party's orders that it has not cancelled.
    /// @param account the party
    /// @return nonce of the order
    function lowestValidNonce(address account) external view returns (uint256 nonce) {
        return (_accounts[account] >> NONCE_SHIFT) & NONCE_MASK;
    }

    /// @notice Whether a party may enter agreements.
    /// @param account the party
    /// @return active true where it may
    function isActive(address account) external view returns (bool active) {
        return _accounts[account] & ACTIVE != 0;
    }

    /// @inheritdoc IStanding
    function standingChanged(address[] calldata accounts, bool active) external {
        _setFlag(accounts, ACTIVE, active);
    }

    /// @inheritdoc IStanding
    function meteringChanged(address[] calldata accounts, bool metered) external {
        _setFlag(accounts, METERED, metered);
    }

    /// @inheritdoc IStanding
    /// @dev What is locked stays with the old address until it is settled, since the batches name it;
    /// `collect` sends it after.
    function accountMoved(address from, address to) external {
        if (msg.sender != REGISTRY) revert OnlyRegistry();
        uint256 word = _accounts[from];
        if (_accounts[to] != 0) revert AccountInUse(to);
        uint256 locked = word & (AMOUNT << AMOUNT_BITS);
        _accounts[to] = word - locked;
        // Its last slots' readings still come in under the old address.
        _accounts[from] = locked | (word & (METERED | CONTESTED_BEFORE));
        emit AccountMoved(from, to, word & AMOUNT);
    }

    /// @dev Moves `escrow` of an active party from free to locked and notes that it is in `slot`, for which
    /// it has signed an order that it did not cancel.
    function _enter(address party, uint256 slot, uint256 nonce, uint256 escrow) internal {
        uint256 word = _accounts[party];
        if (word < ACTIVE) revert NotActive(party);
        if ((word >> NONCE_SHIFT) & NONCE_MASK > nonce) _refuseNonce(party);
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
                + (entered << ENTERED_SHIFT) + (word >> NONCE_SHIFT << NONCE_SHIFT);
        }
    }

    /// @dev Moves `escrow` of an active party from free to locked.
    function _lock(address party, uint256 escrow) internal {
        uint256 word = _accounts[party];
        if (word < ACTIVE) revert NotActive(party);
        if (word & AMOUNT < escrow) revert InsufficientFree(party, word & AMOUNT, escrow);
        unchecked {
            _accounts[party] = word - escrow + (escrow << AMOUNT_BITS);
        }
    }

    /// @dev Unlocks flow >> 128 and credits the lower half of `flow`. The caller vouches that so much is
    /// locked, and that over all parties no more is credited than unlocked. Returns whether measured
    /// readings of the party count without further question: its meter counts and it has never
    /// contested one.
    function _move(address party, uint256 flow) internal returns (bool measurable) {
        unchecked {
            uint256 word = _accounts[party];
            _accounts[party] = word + (flow & ((1 << 128) - 1)) - ((flow >> 128) << AMOUNT_BITS);
            return word & (METERED | CONTESTED_BEFORE) == METERED;
        }
    }

    /// @dev Notes that the party contested a reading.
    function _setContested(address party) internal {
        _accounts[party] |= CONTESTED_BEFORE;
    }

    /// @dev Whether the party's meter counts.
    function _isMetered(address party) internal view returns (bool) {
        return _accounts[party] & METERED != 0;
    }

    /// @dev Refuses a party that may not trade.
    function _requireActive(address party) internal view {
        if (_accounts[party] < ACTIVE) revert NotActive(party);
    }

    /// @dev Refuses an order that its party cancelled.
    function _requireNonce(address party, uint256 nonce) internal view {
        if ((_accounts[party] >> NONCE_SHIFT) & NONCE_MASK > nonce) _refuseNonce(party);
    }

    function _refuseNonce(address party) private view {
        revert OrderCancelled(party, (_accounts[party] >> NONCE_SHIFT) & NONCE_MASK);
    }

    function _setFlag(address[] calldata accounts, uint256 flag, bool on) private {
        if (msg.sender != REGISTRY) revert OnlyRegistry();
        for (uint256 i = 0; i < accounts.length; ++i) {
            uint256 word = _accounts[accounts[i]];
            _accounts[accounts[i]] = on ? word | flag : word & ~flag;
        }
    }

    function _deposit(address account, uint256 amount) private {
        uint256 word = _accounts[account];
        if (word & ACTIVE == 0) revert NotActive(account);
        if (amount > AMOUNT) revert TooManyCoins();
        unchecked {
            // Cannot spill: refused below if all coins held together exceeded 80 bits.
            _accounts[account] = word + amount;
        }
        emit Deposited(account, amount);
        uint256 held = STABLECOIN.balanceOf(address(this));
        STABLECOIN.safeTransferFrom(account, address(this), amount);
        uint256 holds = STABLECOIN.balanceOf(address(this));
        if (holds > AMOUNT) revert TooManyCoins();
        if (holds < held + amount) revert ShortDeposit(account, amount);
    }
}
