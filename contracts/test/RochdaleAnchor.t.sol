// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

import {RochdaleAnchor} from "../src/RochdaleAnchor.sol";
import {Test} from "./Test.sol";

/// @dev Each rule of the contract by itself: what is accepted, and each refusal with its facts.
contract RochdaleAnchorTest is Test {
    address internal constant REGISTRAR = address(0xC0);
    address internal constant ADMIN = address(0xAD);
    address internal constant POSTER = address(0x90);
    address internal constant STRANGER = address(0x57);
    bytes32 internal constant SALT = bytes32(uint256(7));
    bytes32 internal constant ROOT = keccak256("root");

    RochdaleAnchor internal target;
    bytes32 internal ns;

    function setUp() public {
        target = new RochdaleAnchor();
        vm.prank(REGISTRAR);
        ns = target.open(SALT, ADMIN, POSTER);
    }

    function item(uint64 seq, uint64 size, bytes32 prev) internal view returns (RochdaleAnchor.Item memory) {
        return RochdaleAnchor.Item({ns: ns, seq: seq, size: size, prev: prev, root: ROOT});
    }

    function post(uint64 seq, uint64 size) internal returns (bytes32) {
        RochdaleAnchor.Item memory next = item(seq, size, target.link(ns, seq - 1));
        vm.prank(POSTER);
        target.anchor(next);
        return target.link(ns, seq);
    }

    function linkOf(RochdaleAnchor.Item memory one) internal view returns (bytes32) {
        bytes32 mark = keccak256("RochdaleAnchor.Link.V1");
        return
            keccak256(abi.encode(mark, block.chainid, address(target), one.ns, one.seq, one.size, one.root, one.prev));
    }

    function test_a_namespace_is_the_hash_of_its_registrar_and_salt() public view {
        assertEq(ns, keccak256(abi.encode(REGISTRAR, SALT)), "namespace");
        assertEq(target.rolesOf(ns).admin, ADMIN, "admin");
        assertEq(target.rolesOf(ns).poster, POSTER, "poster");
        assertEq(target.head(ns).seq, 0, "no anchor yet");
    }

    function test_two_registrars_with_one_salt_have_two_namespaces() public {
        vm.prank(STRANGER);
        assertTrue(target.open(SALT, STRANGER, STRANGER) != ns, "a stranger reached another's namespace");
    }

    function test_a_namespace_opens_once() public {
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorAlreadyOpen.selector, ns));
        vm.prank(REGISTRAR);
        target.open(SALT, STRANGER, STRANGER);
    }

    function test_opening_needs_an_admin() public {
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorZeroAddress.selector));
        target.open(SALT, address(0), POSTER);
    }

    function test_opening_needs_a_poster() public {
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorZeroAddress.selector));
        target.open(SALT, ADMIN, address(0));
    }

    function test_an_anchor_moves_the_head_and_stores_the_link() public {
        vm.warp(1_800_000_000);
        RochdaleAnchor.Item memory first = item(1, 5, bytes32(0));
        vm.expectEmit();
        emit RochdaleAnchor.Anchored(ns, 1, 5, ROOT, bytes32(0));
        vm.prank(POSTER);
        target.anchor(first);
        assertEq(target.link(ns, 1), linkOf(first), "link");
        assertEq(target.head(ns).seq, 1, "seq");
        assertEq(target.head(ns).size, 5, "size");
        assertEq(target.head(ns).anchoredAt, 1_800_000_000, "time");
    }

    function test_a_replay_is_refused() public {
        post(1, 5);
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorBadSeq.selector, ns, 2, 1));
        vm.prank(POSTER);
        target.anchor(item(1, 5, bytes32(0)));
    }

    function test_a_skip_is_refused() public {
        bytes32 prev = post(1, 5);
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorBadSeq.selector, ns, 2, 3));
        vm.prank(POSTER);
        target.anchor(item(3, 6, prev));
    }

    function test_number_zero_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorBadSeq.selector, ns, 1, 0));
        vm.prank(POSTER);
        target.anchor(item(0, 5, bytes32(0)));
    }

    function test_a_wrong_previous_link_is_refused() public {
        bytes32 prev = post(1, 5);
        bytes32 wrong = keccak256("fork");
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorBadPrev.selector, ns, prev, wrong));
        vm.prank(POSTER);
        target.anchor(item(2, 6, wrong));
    }

    function test_a_shrinking_size_is_refused() public {
        bytes32 prev = post(1, 5);
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorShrinks.selector, ns, 5, 4));
        vm.prank(POSTER);
        target.anchor(item(2, 4, prev));
    }

    function test_an_equal_size_is_accepted() public {
        post(1, 5);
        post(2, 5);
        assertEq(target.head(ns).seq, 2, "seq");
    }

    function test_only_the_poster_anchors() public {
        address[3] memory others = [REGISTRAR, ADMIN, STRANGER];
        for (uint256 index = 0; index < others.length; ++index) {
            vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorNotPoster.selector, ns, others[index]));
            vm.prank(others[index]);
            target.anchor(item(1, 5, bytes32(0)));
        }
    }

    function test_an_unopened_namespace_takes_no_anchor() public {
        ns = keccak256("nobody's");
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorNotOpen.selector, ns));
        vm.prank(POSTER);
        target.anchor(item(1, 5, bytes32(0)));
    }

    function test_many_anchors_are_added_in_order() public {
        RochdaleAnchor.Item[] memory items = new RochdaleAnchor.Item[](2);
        items[0] = item(1, 5, bytes32(0));
        items[1] = item(2, 9, linkOf(items[0]));
        vm.prank(POSTER);
        target.anchorMany(items);
        assertEq(target.link(ns, 2), linkOf(items[1]), "second link");
    }

    function test_one_bad_anchor_among_many_undoes_all() public {
        RochdaleAnchor.Item[] memory items = new RochdaleAnchor.Item[](2);
        items[0] = item(1, 5, bytes32(0));
        items[1] = item(2, 9, bytes32(0));
        bytes memory reason =
            abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorBadPrev.selector, ns, linkOf(items[0]), bytes32(0));
        vm.expectRevert(reason);
        vm.prank(POSTER);
        target.anchorMany(items);
        assertEq(target.head(ns).seq, 0, "nothing was added");
    }

    function test_the_admin_changes_the_roles() public {
        vm.expectEmit();
        emit RochdaleAnchor.RolesSet(ns, STRANGER, REGISTRAR);
        vm.prank(ADMIN);
        target.setRoles(ns, STRANGER, REGISTRAR);
        assertEq(target.rolesOf(ns).admin, STRANGER, "admin");
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorNotPoster.selector, ns, POSTER));
        vm.prank(POSTER);
        target.anchor(item(1, 5, bytes32(0)));
        vm.prank(REGISTRAR);
        target.anchor(item(1, 5, bytes32(0)));
    }

    function test_only_the_admin_changes_the_roles() public {
        address[3] memory others = [REGISTRAR, POSTER, STRANGER];
        for (uint256 index = 0; index < others.length; ++index) {
            vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorNotAdmin.selector, ns, others[index]));
            vm.prank(others[index]);
            target.setRoles(ns, others[index], others[index]);
        }
    }

    function test_roles_are_never_the_zero_address() public {
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorZeroAddress.selector));
        vm.prank(ADMIN);
        target.setRoles(ns, address(0), POSTER);
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorZeroAddress.selector));
        vm.prank(ADMIN);
        target.setRoles(ns, ADMIN, address(0));
    }

    function test_an_unopened_namespace_has_no_admin() public {
        bytes32 unknown = keccak256("nobody's");
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorNotOpen.selector, unknown));
        vm.prank(address(0));
        target.setRoles(unknown, ADMIN, POSTER);
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorNotOpen.selector, unknown));
        vm.prank(address(0));
        target.close(unknown, STRANGER);
    }

    function test_a_closed_namespace_stays_as_it_was() public {
        bytes32 first = post(1, 5);
        vm.expectEmit();
        emit RochdaleAnchor.Closed(ns, STRANGER);
        vm.prank(ADMIN);
        target.close(ns, STRANGER);
        assertEq(target.rolesOf(ns).successor, STRANGER, "successor");
        assertEq(target.link(ns, 1), first, "the past stays");
        bytes memory closed = abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorClosed.selector, ns);
        vm.expectRevert(closed);
        vm.prank(POSTER);
        target.anchor(item(2, 6, first));
        vm.expectRevert(closed);
        vm.prank(ADMIN);
        target.setRoles(ns, ADMIN, POSTER);
        vm.expectRevert(closed);
        vm.prank(ADMIN);
        target.close(ns, ADMIN);
    }

    function test_only_the_admin_closes() public {
        vm.expectRevert(abi.encodeWithSelector(RochdaleAnchor.RochdaleAnchorNotAdmin.selector, ns, POSTER));
        vm.prank(POSTER);
        target.close(ns, STRANGER);
    }

    function test_a_link_depends_on_the_chain() public {
        bytes32 here = post(1, 5);
        vm.chainId(block.chainid + 1);
        assertTrue(here != linkOf(item(1, 5, bytes32(0))), "two chains gave one link");
    }
}
