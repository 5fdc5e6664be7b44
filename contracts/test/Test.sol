// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

/// @dev The few cheatcodes of forge that the tests here need.
interface Vm {
    function addr(uint256 key) external pure returns (address);
    function assume(bool condition) external pure;
    function chainId(uint256 id) external;
    function cool(address account) external;
    function expectEmit() external;
    function expectRevert(bytes calldata reason) external;
    function prank(address caller) external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function warp(uint256 timestamp) external;
}

/// @dev A base for tests: the cheatcodes and assertions that revert with a reason.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev forge finds tests by this mark.
    bool public constant IS_TEST = true;

    function assertTrue(bool condition, string memory reason) internal pure {
        require(condition, reason);
    }

    function assertEq(bytes32 left, bytes32 right, string memory reason) internal pure {
        require(left == right, reason);
    }

    function assertEq(uint256 left, uint256 right, string memory reason) internal pure {
        require(left == right, reason);
    }

    function assertEq(address left, address right, string memory reason) internal pure {
        require(left == right, reason);
    }
}
