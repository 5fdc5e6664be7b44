// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

import {RochdaleAnchor} from "../src/RochdaleAnchor.sol";
import {Test} from "./Test.sol";

/// @dev What {verify} accepts, and that any change to the anchor, the proof or the leaf is noticed.
contract VerifyTest is Test {
    RochdaleAnchor internal target;
    RochdaleAnchor.Item internal anchored;
    bytes32 internal left = keccak256("left");
    bytes32 internal right = keccak256("right");

    function setUp() public {
        target = new RochdaleAnchor();
        bytes32 ns = target.open(bytes32(uint256(1)), address(this), address(this));
        bytes32 root = pair(left, right);
        anchored = RochdaleAnchor.Item({ns: ns, seq: 1, size: 2, prev: bytes32(0), root: root});
        target.anchor(anchored);
    }

    function pair(bytes32 one, bytes32 other) internal pure returns (bytes32) {
        return one < other ? keccak256(abi.encode(one, other)) : keccak256(abi.encode(other, one));
    }

    function proofOf(bytes32 sibling) internal pure returns (bytes32[] memory proof) {
        proof = new bytes32[](1);
        proof[0] = sibling;
    }

    function test_both_leaves_verify() public view {
        assertTrue(target.verify(anchored, proofOf(right), left), "left");
        assertTrue(target.verify(anchored, proofOf(left), right), "right");
    }

    function test_an_older_anchor_still_verifies() public {
        RochdaleAnchor.Item memory next = anchored;
        next.seq = 2;
        next.prev = target.link(anchored.ns, 1);
        next.root = keccak256("later");
        target.anchor(next);
        assertTrue(target.verify(anchored, proofOf(right), left), "older");
    }

    function test_nothing_is_in_the_empty_tree() public {
        RochdaleAnchor.Item memory empty = anchored;
        empty.seq = 2;
        empty.prev = target.link(anchored.ns, 1);
        empty.root = bytes32(0);
        target.anchor(empty);
        assertTrue(!target.verify(empty, new bytes32[](0), bytes32(0)), "zero leaf against a zero root");
    }

    function test_an_anchor_that_was_never_made_does_not_verify() public view {
        RochdaleAnchor.Item memory unmade = anchored;
        unmade.seq = 0;
        assertTrue(!target.verify(unmade, proofOf(right), left), "number zero");
        unmade.seq = 2;
        assertTrue(!target.verify(unmade, proofOf(right), left), "number two");
    }

    function testFuzz_any_other_anchor_does_not_verify(RochdaleAnchor.Item memory other) public view {
        bool same = keccak256(abi.encode(other)) == keccak256(abi.encode(anchored));
        assertTrue(same || !target.verify(other, proofOf(right), left), "another anchor verified");
    }

    function testFuzz_one_changed_field_is_noticed(uint8 field, bytes32 change) public view {
        vm.assume(uint64(uint256(change)) != 0);
        RochdaleAnchor.Item memory other = anchored;
        if (field % 5 == 0) other.ns ^= change;
        if (field % 5 == 1) other.seq ^= uint64(uint256(change));
        if (field % 5 == 2) other.size ^= uint64(uint256(change));
        if (field % 5 == 3) other.prev ^= change;
        if (field % 5 == 4) other.root ^= change;
        assertTrue(!target.verify(other, proofOf(right), left), "a changed anchor verified");
    }

    function testFuzz_another_leaf_or_sibling_is_noticed(bytes32 word) public view {
        vm.assume(word != left && word != right);
        assertTrue(!target.verify(anchored, proofOf(right), word), "another leaf verified");
        assertTrue(!target.verify(anchored, proofOf(word), left), "another sibling verified");
    }

    function testFuzz_a_chain_of_links_is_computable_from_its_items(uint64[8] memory steps) public {
        bytes32 mark = keccak256("RochdaleAnchor.Link.V1");
        bytes32 prev = target.link(anchored.ns, 1);
        uint64 size = anchored.size;
        for (uint64 index = 0; index < steps.length; ++index) {
            size += steps[index] >> 8;
            bytes32 root = keccak256(abi.encode(steps[index]));
            RochdaleAnchor.Item memory next = RochdaleAnchor.Item(anchored.ns, index + 2, size, prev, root);
            target.anchor(next);
            prev = keccak256(
                abi.encode(mark, block.chainid, address(target), next.ns, next.seq, next.size, next.root, next.prev)
            );
            assertEq(target.link(next.ns, next.seq), prev, "link");
        }
    }
}
