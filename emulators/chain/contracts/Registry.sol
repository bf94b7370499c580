// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

import {IRegistry} from "./interfaces/IRegistry.sol";
import {IStanding} from "./interfaces/IStanding.sol";

/// @title Identities and governance
/// @notice Users and meters as pseudonymous addresses, their roles, and the operators. The auction
/// house admits and suspends users; the DSO, which owns the meters, binds and suspends them; the
/// governor appoints the operators; only a user itself can move its account to another address. No
/// personal data: an address, a role, a standing.
contract Registry is IRegistry, AccessControl {
    /// @notice What a party is in the energy system.
    enum Role {
        NONE,
        CONSUMER,
        PROSUMER,
        PROSUMER_PLUS,
        PRODUCER
    }

    /// @notice A party's role and whether it may trade.
    struct Party {
        Role role;
        bool active;
    }

    /// @notice Whom a meter counts for and whether it counts.
    struct Meter {
        address owner;
        bool active;
    }

    /// @notice The addresses that hold an operator's role.
    struct Operators {
        address auctionHouse;
        address dso;
        address lpd;
        address stabiliser;
        address oracle;
    }

    /// @notice May admit, suspend and reinstate parties: the auction house.
    bytes32 public constant ADMISSION_ROLE = keccak256("ADMISSION_ROLE");
    /// @notice May bind meters to owners: the DSO.
    bytes32 public constant METERING_ROLE = keccak256("METERING_ROLE");

    /// @notice The operators of today.
    Operators public operators;
    /// @notice The market that is told of every change of standing.
    IStanding public market;
    /// @notice Role and standing of a party.
    mapping(address account => Party) public partyOf;
    /// @notice The owner behind a meter (its hardware identity) and its standing; zero where unknown.
    mapping(address meter => Meter) public meters;
    /// @inheritdoc IRegistry
    mapping(address owner => address) public meterOf;
    /// @notice The building's or block's meter that a meter stands behind, zero for none.
    mapping(address meter => address) public parentOf;
    /// @notice The address that a party wants to move to, which has to accept.
    mapping(address account => address) public proposedSuccessorOf;
    /// @inheritdoc IRegistry
    mapping(address account => address) public successorOf;

    /// @notice A party was admitted with `role`.
    event Admitted(address indexed account, Role role);
    /// @notice A party's standing changed.
    event StandingChanged(address indexed account, bool active);
    /// @notice `meter` now counts for `owner`.
    event MeterBound(address indexed meter, address indexed owner);
    /// @notice A meter's standing changed.
    event MeterStandingChanged(address indexed meter, bool active);
    /// @notice `meter` stands behind `parent`.
    event MeterNested(address indexed meter, address indexed parent);
    /// @notice A party wants to go on under another address.
    event SuccessorProposed(address indexed account, address indexed successor);
    /// @notice A party goes on under another address.
    event Succeeded(address indexed account, address indexed successor);
    /// @notice The operators changed.
    event OperatorsAppointed(Operators operators);
    /// @notice The market was bound, once and for all.
    event MarketBound(IStanding market);

    /// @notice Two lists that belong together differ in length.
    error LengthMismatch();
    /// @notice The party is already admitted, or has no role.
    error NotAdmissible(address account);
    /// @notice Nobody of that address was admitted.
    error UnknownParty(address account);
    /// @notice The meter already has an owner.
    error MeterTaken(address meter);
    /// @notice No such meter is bound.
    error UnknownMeter(address meter);
    /// @notice The account did not propose the caller as its successor.
    error NotProposed(address account, address successor);
    /// @notice The market is bound already.
    error MarketAlreadyBound();
    /// @notice The market must be bound before parties are admitted.
    error NoMarket();
    /// @notice An operator's address is missing.
    error ZeroOperator();

    /// @notice Sets up the governor and the operators.
    /// @param governor may appoint operators and bind the market
    /// @param appointed the first operators
    constructor(address governor, Operators memory appointed) {
        _grantRole(DEFAULT_ADMIN_ROLE, governor);
        _appoint(appointed);
    }

    /// @notice Binds the market that follows the standing of parties.
    /// @param market_ the market
    function bindMarket(IStanding market_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (address(market) != address(0)) revert MarketAlreadyBound();
        market = market_;
        emit MarketBound(market_);
    }

    /// @notice Replaces the operators; the roles move with them.
    /// @param appointed the operators from now on
    function appoint(Operators calldata appointed) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _revokeRole(ADMISSION_ROLE, operators.auctionHouse);
        _revokeRole(METERING_ROLE, operators.dso);
        _appoint(appointed);
    }

    /// @notice Admits parties; from now on they may trade.
    /// @param accounts the parties
    /// @param roles their roles, in the same order
    function admit(address[] calldata accounts, Role[] calldata roles) external onlyRole(ADMISSION_ROLE) {
        if (accounts.length != roles.length) revert LengthMismatch();
        if (address(market) == address(0)) revert NoMarket();
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (partyOf[accounts[i]].role != Role.NONE || roles[i] == Role.NONE) revert NotAdmissible(accounts[i]);
            partyOf[accounts[i]] = Party(roles[i], true);
            emit Admitted(accounts[i], roles[i]);
        }
        market.standingChanged(accounts, true);
    }

    /// @notice Suspends or reinstates parties: a suspended one enters no agreement, but is settled and
    /// may withdraw.
    /// @param accounts the parties
    /// @param active false suspends, true reinstates
    function setStanding(address[] calldata accounts, bool active) external onlyRole(ADMISSION_ROLE) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (partyOf[accounts[i]].role == Role.NONE || successorOf[accounts[i]] != address(0)) {
                revert UnknownParty(accounts[i]);
            }
            partyOf[accounts[i]].active = active;
            emit StandingChanged(accounts[i], active);
        }
        market.standingChanged(accounts, active);
    }

    /// @notice Binds meters to their owners; a party's earlier meter counts no longer.
    /// @param meters_ hardware identities
    /// @param owners admitted parties, in the same order
    function bindMeters(address[] calldata meters_, address[] calldata owners) external onlyRole(METERING_ROLE) {
        if (meters_.length != owners.length) revert LengthMismatch();
        for (uint256 i = 0; i < meters_.length; ++i) {
            if (meters[meters_[i]].owner != address(0)) revert MeterTaken(meters_[i]);
            if (partyOf[owners[i]].role == Role.NONE) revert UnknownParty(owners[i]);
            address earlier = meterOf[owners[i]];
            if (earlier != address(0) && meters[earlier].active) {
                meters[earlier].active = false;
                emit MeterStandingChanged(earlier, false);
            }
            meters[meters_[i]] = Meter(owners[i], true);
            meterOf[owners[i]] = meters_[i];
            emit MeterBound(meters_[i], owners[i]);
        }
        market.meteringChanged(owners, true);
    }

    /// @notice Suspends meters, or lets them count again: no measured reading of a suspended one counts.
    /// @param meters_ hardware identities, each the current one of its owner
    /// @param active false suspends, true reinstates
    function setMeterStanding(address[] calldata meters_, bool active) external onlyRole(METERING_ROLE) {
        address[] memory owners = new address[](meters_.length);
        for (uint256 i = 0; i < meters_.length; ++i) {
            owners[i] = meters[meters_[i]].owner;
            if (owners[i] == address(0) || meterOf[owners[i]] != meters_[i]) revert UnknownMeter(meters_[i]);
            meters[meters_[i]].active = active;
            emit MeterStandingChanged(meters_[i], active);
        }
        market.meteringChanged(owners, active);
    }

    /// @notice Says which meters stand behind which: flats behind their building, buildings behind their
    /// block. Trade behind one meter has no path to pay for.
    /// @param meters_ hardware identities
    /// @param parents the meters that they stand behind, in the same order
    function nestMeters(address[] calldata meters_, address[] calldata parents) external onlyRole(METERING_ROLE) {
        if (meters_.length != parents.length) revert LengthMismatch();
        for (uint256 i = 0; i < meters_.length; ++i) {
            parentOf[meters_[i]] = parents[i];
            emit MeterNested(meters_[i], parents[i]);
        }
    }

    /// @notice Proposes to go on under another address, e.g. with a new key; it has to accept.
    /// @param successor the caller's address from then on; zero takes a proposal back
    function proposeSuccessor(address successor) external {
        if (partyOf[msg.sender].role == Role.NONE || successorOf[msg.sender] != address(0)) {
            revert UnknownParty(msg.sender);
        }
        proposedSuccessorOf[msg.sender] = successor;
        emit SuccessorProposed(msg.sender, successor);
    }

    /// @notice Takes over the account that proposed the caller: role, standing, meter and money. What is
    /// in escrow follows when it is settled.
    /// @param account the address so far
    function succeed(address account) external {
        if (proposedSuccessorOf[account] != msg.sender) revert NotProposed(account, msg.sender);
        if (partyOf[msg.sender].role != Role.NONE) revert NotAdmissible(msg.sender);
        delete proposedSuccessorOf[account];
        successorOf[account] = msg.sender;
        partyOf[msg.sender] = partyOf[account];
        partyOf[account].active = false;
        address meter = meterOf[account];
        if (meter != address(0)) {
            delete meterOf[account];
            meterOf[msg.sender] = meter;
            meters[meter].owner = msg.sender;
            emit MeterBound(meter, msg.sender);
        }
        emit Succeeded(account, msg.sender);
        market.accountMoved(account, msg.sender);
    }

    /// @inheritdoc IRegistry
    function signatories() external view returns (address dso, address lpd) {
        return (operators.dso, operators.lpd);
    }

    /// @inheritdoc IRegistry
    function auctionHouseAccount() external view returns (address account) {
        return operators.auctionHouse;
    }

    /// @inheritdoc IRegistry
    function payees() external view returns (address dso, address stabiliser, address oracle) {
        return (operators.dso, operators.stabiliser, operators.oracle);
    }

    function _appoint(Operators memory appointed) private {
        if (
            appointed.auctionHouse == address(0) || appointed.dso == address(0) || appointed.lpd == address(0)
                || appointed.stabiliser == address(0) || appointed.oracle == address(0)
        ) revert ZeroOperator();
        operators = appointed;
        _grantRole(ADMISSION_ROLE, appointed.auctionHouse);
        _grantRole(METERING_ROLE, appointed.dso);
        emit OperatorsAppointed(appointed);
    }
}
