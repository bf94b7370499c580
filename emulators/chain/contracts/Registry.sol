// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

import {IRegistry} from "./interfaces/IRegistry.sol";
import {IStanding} from "./interfaces/IStanding.sol";

/// @title Identities and governance
/// @notice Users and meters as pseudonymous addresses, their roles, and the operators. The auction
/// house admits and suspends users; the DSO, which owns the meters, binds them to their owners; the
/// governor appoints the operators. No personal data: an address, a role, a standing.
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
    /// @notice The owner behind a meter (its hardware identity), zero where unknown.
    mapping(address meter => address) public ownerOf;

    /// @notice A party was admitted with `role`.
    event Admitted(address indexed account, Role role);
    /// @notice A party's standing changed.
    event StandingChanged(address indexed account, bool active);
    /// @notice `meter` now counts for `owner`.
    event MeterBound(address indexed meter, address indexed owner);
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
            if (partyOf[accounts[i]].role == Role.NONE) revert UnknownParty(accounts[i]);
            partyOf[accounts[i]].active = active;
            emit StandingChanged(accounts[i], active);
        }
        market.standingChanged(accounts, active);
    }

    /// @notice Binds meters to their owners.
    /// @param meters hardware identities
    /// @param owners admitted parties, in the same order
    function bindMeters(address[] calldata meters, address[] calldata owners) external onlyRole(METERING_ROLE) {
        if (meters.length != owners.length) revert LengthMismatch();
        for (uint256 i = 0; i < meters.length; ++i) {
            if (ownerOf[meters[i]] != address(0)) revert MeterTaken(meters[i]);
            if (partyOf[owners[i]].role == Role.NONE) revert UnknownParty(owners[i]);
            ownerOf[meters[i]] = owners[i];
            emit MeterBound(meters[i], owners[i]);
        }
    }

    /// @inheritdoc IRegistry
    function signatories() external view returns (address dso, address lpd) {
        return (operators.dso, operators.lpd);
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
