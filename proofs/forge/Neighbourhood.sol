// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Artefacts, Calendar, ICoin, IMarket, IRegistryAdmin, IToken, Operators, Terms} from "./Deployed.sol";
import {Agreement, Batch, Effect, Model} from "./Slot.sol";
import {VM} from "./Vm.sol";

/// @title A deployed market with parties, their keys, and the books that the tests keep
abstract contract Neighbourhood {
    uint256 public constant PARTIES = 5;
    uint256 public constant FIRST_SLOT_START = 1_000_000;
    uint256 public constant SLOT_LENGTH = 900;
    uint256 public constant CORRECTION_WINDOW = 3_600;
    uint256 public constant RELEASE_DELAY = 1_800;
    address internal constant STRANGER = address(0xbad);
    uint256 internal constant DSO = 101;
    uint256 internal constant LPD = 102;
    uint256 internal constant ORACLE = 103;
    bytes32 private constant BATCH_TYPEHASH = keccak256(
        "Batch(uint32 slot,uint32 batch,uint64 commitDeadline,uint64 deliveryEnd,uint32 shortRate,uint32 longRate,uint256[] agreements,uint256[] parties,uint256[] counterOrders)"
    );

    IMarket public market;
    ICoin public coin;
    IToken public token;
    IRegistryAdmin internal _registry;
    uint256 public clock;
    /// Position of the signer who signs with a foreign key, from 1; zero for none.
    uint256 internal forgery;

    /// Addresses: parties, then DSO and LPD.
    address[] public account;
    /// The books, by party: coins outside, free, in escrow [n€].
    uint256[7] public wallet;
    uint256[7] public free;
    uint256[7] public locked;
    uint256[5] public nonce;
    mapping(uint256 party => mapping(uint256 slot => bool)) internal inSlot;
    mapping(uint256 party => mapping(uint256 slot => bool)) internal contested;
    mapping(uint256 party => mapping(uint256 id => uint256)) public held;
    uint256 public minted;
    uint256 public burned;
    uint256 public lapsed;
    uint256 public paidIn;

    modifier atClock() {
        VM.warp(clock);
        _;
    }

    constructor() {
        clock = FIRST_SLOT_START;
        VM.warp(clock);
        for (uint256 i = 0; i < PARTIES; ++i) {
            account.push(VM.addr(i + 1));
        }
        account.push(VM.addr(DSO));
        account.push(VM.addr(LPD));
        _deploy();
        _admit();
        for (uint256 i = 0; i < PARTIES; ++i) {
            _payIn(i, 20e9);
        }
    }

    function _deploy() private {
        Operators memory operators =
            Operators(address(this), account[PARTIES], account[PARTIES + 1], account[PARTIES + 1], VM.addr(ORACLE));
        _registry = IRegistryAdmin(Artefacts.create("Registry", abi.encode(address(this), operators)));
        coin = ICoin(Artefacts.create("Stablecoin", abi.encode(address(this))));
        address expected = VM.computeCreateAddress(address(this), VM.getNonce(address(this)) + 1);
        token = IToken(Artefacts.create("EnergyToken", abi.encode(expected)));
        Calendar memory calendar = Calendar(FIRST_SLOT_START, SLOT_LENGTH, CORRECTION_WINDOW, RELEASE_DELAY);
        market = IMarket(Artefacts.create("Market", abi.encode(coin, _registry, token, calendar)));
        assert(address(market) == expected);
        _registry.bindMarket(address(market));
    }

    function _admit() private {
        address[] memory owners = new address[](PARTIES);
        address[] memory meters = new address[](PARTIES);
        uint8[] memory roles = new uint8[](PARTIES);
        for (uint256 i = 0; i < PARTIES; ++i) {
            owners[i] = account[i];
            meters[i] = address(uint160(0x1000 + i));
            roles[i] = uint8(1 + i % 4);
        }
        _registry.admit(owners, roles);
        VM.prank(account[PARTIES]);
        _registry.bindMeters(meters, owners);
    }

    function _payIn(uint256 party, uint256 amount) internal {
        address[] memory accounts = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        accounts[0] = account[party];
        amounts[0] = amount;
        coin.deposit(accounts, amounts);
        VM.prank(account[party]);
        coin.approve(address(market), amount);
        VM.prank(account[party]);
        market.deposit(amount);
        free[party] += amount;
        paidIn += amount;
    }

    function _goTo(uint256 time) internal {
        clock = time;
        VM.warp(time);
    }

    /// @dev Agreements among some of the parties; all that each order allows is just what it needs.
    function _draw(uint256 seed, uint32 slot, uint32 number) internal view returns (Batch memory b) {
        uint256 random = uint256(keccak256(abi.encode(seed)));
        uint64 deadline = uint64(FIRST_SLOT_START + uint256(slot) * SLOT_LENGTH);
        b.terms = Terms(slot, number, deadline, uint32(random % 3 * 90_000), uint32((random >> 8) % 3 * 90_000));
        uint256 count = 2 + (random >> 16) % (PARTIES - 1);
        b.members = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            b.members[i] = ((random >> 24) + i) % PARTIES;
        }
        b.used = new uint256[](count);
        Agreement[] memory drawn = new Agreement[](3 * count * (count - 1));
        uint256 size;
        for (uint256 tier = 0; tier < 3; ++tier) {
            for (uint256 pair = 0; pair < count * count; ++pair) {
                if (pair / count == pair % count || size == 7) continue;
                random = uint256(keccak256(abi.encode(random)));
                if (random % (count + 1) != 0) continue;
                drawn[size++] = _agree(random >> 16, tier, pair / count, pair % count);
            }
        }
        b.agreements = new Agreement[](size);
        b.words = new uint256[](size);
        for (uint256 k = 0; k < size; ++k) {
            b.agreements[k] = drawn[k];
            b.words[k] = Model.pack(drawn[k]);
        }
        _order(b);
    }

    function _agree(uint256 random, uint256 tier, uint256 seller, uint256 buyer)
        private
        pure
        returns (Agreement memory)
    {
        return Agreement({
            tier: tier,
            seller: seller,
            buyer: buyer,
            origin: random % 8,
            quantity: 1 + (random >> 8) % (random & (1 << 200) == 0 ? 10 : 5_000),
            price: (random >> 32) % 400_000,
            fee: tier == 0 ? 0 : (random >> 64) % 60_000,
            sellerCollateral: (random >> 96) % 600e6,
            buyerCollateral: (random >> 128) % 600e6
        });
    }

    /// @dev Order words of 96 bits above the addresses, and second orders of those who do both.
    function _order(Batch memory b) private view {
        uint256 count = b.members.length;
        b.parties = new uint256[](count);
        uint256[] memory second = new uint256[](count);
        uint256 doubles;
        for (uint256 i = 0; i < count; ++i) {
            (uint256 offer, uint256 request) = _needs(b.agreements, i);
            uint256 above = nonce[b.members[i]] << 225;
            uint256 first = offer != 0 ? offer : request;
            b.parties[i] = first | above | uint160(account[b.members[i]]);
            if (offer != 0 && request != 0) second[doubles++] = request | above | i;
        }
        b.counterOrders = new uint256[](doubles);
        for (uint256 i = 0; i < doubles; ++i) {
            b.counterOrders[i] = second[i];
        }
    }

    /// @dev The tightest orders under which a position's agreements are possible, zero for none.
    function _needs(Agreement[] memory agreements, uint256 position)
        private
        pure
        returns (uint256 offer, uint256 request)
    {
        uint256[6] memory need; // sold, least price, origins; bought, most paid, origins
        need[1] = type(uint24).max;
        for (uint256 k = 0; k < agreements.length; ++k) {
            Agreement memory a = agreements[k];
            if (a.seller == position) {
                need[0] += a.quantity;
                if (a.price < need[1]) need[1] = a.price;
                need[2] |= uint256(1) << a.origin;
            }
            if (a.buyer == position) {
                need[3] += a.quantity;
                if (a.price + a.fee > need[4]) need[4] = a.price + a.fee;
                need[5] |= uint256(1) << a.origin;
            }
        }
        if (need[0] != 0) offer = (need[0] << 193) | (need[1] << 168) | (need[2] << 160);
        if (need[3] != 0) request = (1 << 255) | (need[3] << 193) | (need[4] << 168) | (need[5] << 160);
    }

    /// @dev Random readings (those used before stay), and what the model makes of them.
    function _read(Batch memory b, uint256 seed)
        internal
        view
        returns (uint256[] memory words, Effect memory e, int256[] memory net, bool open)
    {
        uint256 count = b.members.length;
        words = new uint256[](count);
        net = new int256[](count);
        bool[] memory known = new bool[](count);
        bool[] memory usedBefore = new bool[](count);
        uint256 random = seed;
        bool late = clock >= FIRST_SLOT_START + (uint256(b.terms.slot) + 1) * SLOT_LENGTH + CORRECTION_WINDOW;
        for (uint256 i = 0; i < count; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            if (b.used[i] != 0) {
                words[i] = b.used[i] | Model.USED_BEFORE;
                net[i] = int256(b.used[i] & ((1 << 63) - 1));
                if (b.used[i] >> 63 & 1 == 1) net[i] = -net[i];
                (known[i], usedBefore[i]) = (true, true);
                continue;
            }
            if (random % 5 == 0) continue;
            known[i] = true;
            net[i] = _measure(Model.committedNet(b.agreements, i), random);
            words[i] = net[i] < 0 ? uint256(-net[i]) | (1 << 63) : uint256(net[i]);
            words[i] |= _quality(b, i, late && (random >> 48) % 2 == 0) << 64;
        }
        e = Model.settle(b, net, known, usedBefore);
        for (uint256 k = 0; k < b.agreements.length; ++k) {
            if (!known[b.agreements[k].seller] || !known[b.agreements[k].buyer]) open = true;
        }
    }

    /// @dev As agreed, a little off, or as far off as a meter can be.
    function _measure(int256 agreed, uint256 random) private pure returns (int256 net) {
        net = agreed;
        if ((random >> 8) % 2 == 0) net += int256((random >> 16) % 12_000) - 6_000;
        if ((random >> 32) % 37 == 0) net = (random >> 40) % 2 == 0 ? int256(2 ** 62) : -int256(2 ** 62);
    }

    /// @dev Substituted, reviewed, or measured.
    function _quality(Batch memory b, uint256 i, bool substituted) private view returns (uint256) {
        if (substituted) return 2;
        return contested[b.members[i]][b.terms.slot] ? 4 : 1;
    }

    function _structHash(Batch memory b) private pure returns (bytes32) {
        uint256 end = FIRST_SLOT_START + (uint256(b.terms.slot) + 1) * SLOT_LENGTH;
        Terms memory t = b.terms;
        bytes memory head = abi.encode(BATCH_TYPEHASH, t.slot, t.batch, t.commitDeadline, end, t.shortRate, t.longRate);
        return keccak256(
            bytes.concat(
                head,
                keccak256(abi.encodePacked(b.words)),
                keccak256(abi.encodePacked(b.parties)),
                keccak256(abi.encodePacked(b.counterOrders))
            )
        );
    }

    function _domain() internal view returns (bytes32) {
        return _domainOf(block.chainid, address(market));
    }

    function _domainOf(uint256 chain, address verifier) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("EnergyMarket"),
                keccak256("1"),
                chain,
                verifier
            )
        );
    }

    function _sign(uint256 secret, bytes32 digest) private pure returns (bytes32 r, bytes32 vs) {
        uint8 v;
        (v, r, vs) = VM.sign(secret, digest);
        if (v == 28) vs = bytes32(uint256(vs) | (1 << 255));
    }

    function _commitData(Batch memory b, bytes32 domain) internal view returns (bytes memory) {
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, _structHash(b)));
        bytes memory signatures;
        uint256 count = b.members.length;
        for (uint256 i = 0; i < count + 2; ++i) {
            uint256 secret = i < count ? b.members[i] + 1 : i == count ? DSO : LPD;
            (bytes32 r, bytes32 vs) = _sign(forgery == i + 1 ? 999 : secret, digest);
            signatures = bytes.concat(signatures, r, vs);
        }
        return abi.encodeCall(market.commit, (b.terms, b.words, b.parties, b.counterOrders, signatures));
    }

    function _oracle(Batch memory b, uint256[] memory words) private view returns (bytes32 r, bytes32 vs) {
        bytes32 readings = keccak256(
            abi.encode(
                keccak256("Readings(bytes32 batch,uint256[] readings)"),
                _structHash(b),
                keccak256(abi.encodePacked(words))
            )
        );
        return _sign(ORACLE, keccak256(abi.encodePacked(hex"1901", _domain(), readings)));
    }

    function _settleData(Batch memory b, uint256[] memory words) internal view returns (bytes memory) {
        (bytes32 r, bytes32 vs) = _oracle(b, words);
        return abi.encodeCall(market.settle, (b.terms, b.words, b.parties, b.counterOrders, words, r, vs));
    }

    /// @dev The oracle's signature is on something else than what is carried.
    function _settleDataTampered(Batch memory b, uint256[] memory words, uint256 seed)
        internal
        view
        returns (bytes memory)
    {
        (bytes32 r, bytes32 vs) = _oracle(b, words);
        if (seed % 3 == 0) words[(seed >> 8) % words.length] ^= 1;
        if (seed % 3 == 1) b.words[(seed >> 8) % b.words.length] ^= 1;
        if (seed % 3 == 2) b.terms.shortRate += 1;
        return abi.encodeCall(market.settle, (b.terms, b.words, b.parties, b.counterOrders, words, r, vs));
    }

    function _releaseData(Batch memory b) internal view returns (bytes memory) {
        uint256[] memory used = new uint256[](b.used.length);
        for (uint256 i = 0; i < used.length; ++i) {
            if (b.used[i] != 0) used[i] = b.used[i] | Model.USED_BEFORE;
        }
        return abi.encodeCall(market.release, (b.terms, b.words, b.parties, b.counterOrders, used));
    }

    function _theft(uint256 party, uint256 how, uint256 id) internal view returns (address to, bytes memory data) {
        address[] memory accounts = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (accounts[0], amounts[0]) = (account[party], 1);
        to = address(market);
        if (how == 0) data = abi.encodeCall(market.withdraw, (1));
        else if (how == 1) data = abi.encodeCall(market.standingChanged, (accounts, false));
        else if (how == 2) data = abi.encodeCall(market.meteringChanged, (accounts, false));
        else if (how == 3) data = abi.encodeCall(market.accountMoved, (account[party], STRANGER));
        else if (how == 4) (to, data) = (address(token), abi.encodeCall(token.mint, (id >> 8, accounts, amounts)));
        else if (how == 5) (to, data) = (address(token), abi.encodeCall(token.retire, (id >> 8, accounts, amounts, 0)));
        else if (how == 6) {
            data = abi.encodeCall(token.safeTransferFrom, (account[party], STRANGER, id, 1, ""));
            to = address(token);
        } else if (how == 7) {
            data = abi.encodeCall(coin.transferFrom, (address(market), STRANGER, 1));
            to = address(coin);
        } else {
            data = abi.encodeCall(coin.deposit, (accounts, amounts));
            to = address(coin);
        }
    }

    function _freeOnChain(uint256 party) internal view returns (uint256) {
        address[] memory accounts = new address[](1);
        accounts[0] = account[party];
        (uint256[] memory amounts,) = market.balancesOf(accounts);
        return amounts[0];
    }
}
