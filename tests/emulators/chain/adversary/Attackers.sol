// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A wallet that is a party (ERC-1271) and reaches back into whatever calls it.
contract ReentrantWallet {
    address private _target;
    bytes private _data;
    uint256 public hooks;
    uint256 public successes;

    /// What it will do when it is called.
    function arm(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    /// What its owner does through it.
    function execute(address target, bytes calldata data) external {
        (bool done, bytes memory said) = target.call(data);
        if (!done) {
            assembly {
                revert(add(said, 0x20), mload(said))
            }
        }
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        // Not all its gas: what is not allowed under STATICCALL takes all that it was given.
        (bool done,) = _target.call{gas: 20_000}(_data);
        if (done) return 0;
        return 0x1626ba7e;
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external returns (bytes4) {
        _reach();
        return this.onERC1155Received.selector;
    }

    /// Called by `HookedCoin` on every movement.
    function onCoins() external {
        _reach();
    }

    function _reach() private {
        hooks++;
        (bool done,) = _target.call(_data);
        if (done) successes++;
    }
}

/// @notice A coin that keeps honest books but hands control to whoever pays or is paid.
contract HookedCoin {
    mapping(address => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _transfer(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _transfer(from, to, amount);
    }

    function _transfer(address from, address to, uint256 amount) private returns (bool) {
        _call(from);
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        _call(to);
        return true;
    }

    function _call(address account) private {
        if (account.code.length != 0) {
            (bool done,) = account.call(abi.encodeWithSignature("onCoins()"));
            done; // who has no hook is left alone
        }
    }
}

/// @notice A coin that keeps a tenth of everything that moves.
contract SkimmingCoin {
    mapping(address => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return transferFrom(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount - amount / 10;
        return true;
    }
}
