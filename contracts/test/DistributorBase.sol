// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

import {RochdaleDistributor} from "../src/RochdaleDistributor.sol";
import {PlainToken} from "./Tokens.sol";
import {Test} from "./Test.sol";

/// @dev A distributor with an executor and two guardians, and trees of four accounts.
abstract contract DistributorBase is Test {
    address internal constant EXECUTOR = address(0xE0);
    address internal constant GUARDIAN = address(0x61);
    address internal constant OTHER_GUARDIAN = address(0x62);
    address internal constant STRANGER = address(0x57);
    uint64 internal constant DELAY = 2 days;
    uint256 internal constant KEY = 0xA11CE;

    RochdaleDistributor internal target;

    function deploy() internal {
        address[] memory guardians = new address[](2);
        (guardians[0], guardians[1]) = (GUARDIAN, OTHER_GUARDIAN);
        target = new RochdaleDistributor(EXECUTOR, guardians, DELAY);
    }

    function account(uint256 index) internal pure returns (address) {
        return index == 0 ? vm.addr(KEY) : address(uint160(0xA0 + index));
    }

    function salt(uint256 index) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", index));
    }

    function pair(bytes32 one, bytes32 other) internal pure returns (bytes32) {
        return one < other ? keccak256(abi.encode(one, other)) : keccak256(abi.encode(other, one));
    }

    function leaf(address token, uint256 index, uint256 cumulative) internal view returns (bytes32) {
        bytes32 tag = keccak256("RochdaleDistributor.Claim.V1");
        bytes32 inner =
            keccak256(abi.encode(tag, block.chainid, address(target), token, account(index), cumulative, salt(index)));
        return keccak256(abi.encode(inner));
    }

    function rootOf(address token, uint256[4] memory earned) internal view returns (bytes32) {
        return pair(
            pair(leaf(token, 0, earned[0]), leaf(token, 1, earned[1])),
            pair(leaf(token, 2, earned[2]), leaf(token, 3, earned[3]))
        );
    }

    function claimOf(address token, uint256 index, uint256[4] memory earned, uint64 epoch)
        internal
        view
        returns (RochdaleDistributor.Claim memory)
    {
        bytes32[] memory proof = new bytes32[](2);
        uint256 twin = index ^ 1;
        proof[0] = leaf(token, twin, earned[twin]);
        uint256 first = index < 2 ? 2 : 0;
        proof[1] = pair(leaf(token, first, earned[first]), leaf(token, first + 1, earned[first + 1]));
        return RochdaleDistributor.Claim(token, account(index), earned[index], salt(index), epoch, proof);
    }

    function sum(uint256[4] memory earned) internal pure returns (uint256) {
        return earned[0] + earned[1] + earned[2] + earned[3];
    }

    function submit(address token, uint64 epoch, bytes32 root, uint256 total) internal {
        vm.prank(EXECUTOR);
        target.submitRoot(token, epoch, root, total, keccak256("statements"), keccak256("content"));
    }

    /// @dev Submits, waits, funds what is missing and activates.
    function bring(PlainToken token, uint64 epoch, uint256[4] memory earned) internal {
        submit(address(token), epoch, rootOf(address(token), earned), sum(earned));
        vm.warp(target.queuedOf(address(token), epoch).activeFrom);
        uint256 needed = sum(earned) - target.standingOf(address(token)).claimed;
        uint256 held = token.balanceOf(address(target));
        if (held < needed) token.mint(address(target), needed - held);
        target.activate(address(token), epoch);
    }
}
