// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

import {RochdaleAnchor} from "../src/RochdaleAnchor.sol";
import {Test} from "./Test.sol";

/// @dev Calls the contract in random order with right and wrong arguments, beside a plain model of its rules. Every call must
/// succeed exactly when the model says so.
contract Handler is Test {
    struct Model {
        bool open;
        bool closed;
        address admin;
        address poster;
        uint64 size;
        bytes32[] links;
        RochdaleAnchor.Item[] items;
    }

    uint256 internal constant ACTORS = 4;
    uint256 internal constant NAMESPACES = 2;

    RochdaleAnchor public immutable TARGET = new RochdaleAnchor();
    mapping(uint256 namespace => Model) internal models;

    function openOne(uint8 which, uint8 admin, uint8 poster) external {
        uint256 index = which % NAMESPACES;
        Model storage model = models[index];
        address[2] memory roles = [actor(admin), actor(poster)];
        bool allowed = !model.open && roles[0] != address(0) && roles[1] != address(0);
        bytes memory call = abi.encodeCall(RochdaleAnchor.open, (bytes32(index), roles[0], roles[1]));
        if (expect(allowed, registrar(), call)) {
            model.open = true;
            (model.admin, model.poster) = (roles[0], roles[1]);
        }
    }

    /// @dev `flaw` spoils one field now and then; most calls are right, so that the chains grow.
    function anchorOne(uint8 which, uint8 caller, uint64 growth, bytes32 root, uint8 flaw) external {
        Model storage model = models[which % NAMESPACES];
        (RochdaleAnchor.Item memory item, bool right) = next(which % NAMESPACES, growth, root, flaw);
        address sender = caller % 4 == 0 ? actor(caller / 4) : model.poster;
        bool allowed = right && model.open && !model.closed && sender == model.poster;
        if (expect(allowed, sender, abi.encodeCall(RochdaleAnchor.anchor, (item)))) {
            note(model, item);
        }
    }

    function anchorTwo(uint8 which, uint64 growth, bytes32 root, uint8 flaw) external {
        Model storage model = models[which % NAMESPACES];
        RochdaleAnchor.Item[] memory items = new RochdaleAnchor.Item[](2);
        bool right;
        (items[0],) = next(which % NAMESPACES, growth, root, 255);
        items[1] = items[0];
        items[1].seq += 1;
        items[1].prev = flaw % 3 == 0 ? root : linkOf(items[0]);
        right = items[1].prev == linkOf(items[0]);
        bool allowed = right && model.open && !model.closed;
        if (expect(allowed, model.poster, abi.encodeCall(RochdaleAnchor.anchorMany, (items)))) {
            note(model, items[0]);
            note(model, items[1]);
        }
    }

    function giveRoles(uint8 which, uint8 caller, uint8 admin, uint8 poster) external {
        uint256 index = which % NAMESPACES;
        Model storage model = models[index];
        address sender = caller % 2 == 0 ? actor(caller / 2) : model.admin;
        address[2] memory roles = [actor(admin), actor(poster)];
        bool allowed =
            model.open && !model.closed && sender == model.admin && roles[0] != address(0) && roles[1] != address(0);
        bytes memory call = abi.encodeCall(RochdaleAnchor.setRoles, (namespace(index), roles[0], roles[1]));
        if (expect(allowed, sender, call)) {
            (model.admin, model.poster) = (roles[0], roles[1]);
        }
    }

    function closeOne(uint8 which, uint8 caller, uint8 chance) external {
        uint256 index = which % NAMESPACES;
        Model storage model = models[index];
        // Closing ends a chain, so the right caller tries it rarely.
        address sender = chance % 8 == 0 ? actor(caller) : address(0x57);
        bool allowed = model.open && !model.closed && sender == model.admin && sender != address(0);
        bytes memory call = abi.encodeCall(RochdaleAnchor.close, (namespace(index), sender));
        if (expect(allowed, sender, call)) {
            model.closed = true;
        }
    }

    function count() external pure returns (uint256) {
        return NAMESPACES;
    }

    function modelOf(uint256 index) external view returns (Model memory) {
        return models[index];
    }

    function namespace(uint256 index) public view returns (bytes32) {
        return keccak256(abi.encode(registrar(), bytes32(index)));
    }

    function linkOf(RochdaleAnchor.Item memory item) public view returns (bytes32) {
        bytes32 mark = keccak256("RochdaleAnchor.Link.V1");
        return
            keccak256(
                abi.encode(mark, block.chainid, address(TARGET), item.ns, item.seq, item.size, item.root, item.prev)
            );
    }

    function next(uint256 index, uint64 growth, bytes32 root, uint8 flaw)
        internal
        view
        returns (RochdaleAnchor.Item memory item, bool right)
    {
        Model storage model = models[index];
        uint256 made = model.links.length;
        bytes32 prev = made == 0 ? bytes32(0) : model.links[made - 1];
        item = RochdaleAnchor.Item(namespace(index), uint64(made) + 1, model.size + growth % 100, prev, root);
        right = true;
        if (flaw % 16 == 0) (item.seq, right) = (item.seq + 1, false);
        if (flaw % 16 == 1) (item.seq, right) = (item.seq - 1, false);
        if (flaw % 16 == 2) (item.prev, right) = (keccak256(abi.encode(prev)), false);
        if (flaw % 16 == 3 && model.size > 0) (item.size, right) = (model.size - 1, false);
    }

    function note(Model storage model, RochdaleAnchor.Item memory item) internal {
        model.size = item.size;
        model.links.push(linkOf(item));
        model.items.push(item);
    }

    function actor(uint8 index) internal pure returns (address) {
        uint256 number = index % (ACTORS + 1);
        return number == 0 ? address(0) : address(uint160(0xA0 + number));
    }

    function registrar() internal pure returns (address) {
        return address(0xC0);
    }

    function expect(bool allowed, address sender, bytes memory call) internal returns (bool) {
        vm.prank(sender);
        (bool accepted,) = address(TARGET).call(call);
        assertTrue(accepted == allowed, "the contract and the model disagree");
        return accepted;
    }
}

/// @dev What must hold after every call, whatever came before it.
contract InvariantTest is Test {
    Handler internal handler;

    function setUp() public {
        handler = new Handler();
    }

    /// @dev forge calls only what stands here.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_numbers_are_contiguous_and_links_are_never_rewritten() public view {
        RochdaleAnchor target = handler.TARGET();
        for (uint256 index = 0; index < handler.count(); ++index) {
            bytes32 ns = handler.namespace(index);
            Handler.Model memory model = handler.modelOf(index);
            assertEq(target.head(ns).seq, model.links.length, "seq");
            assertEq(target.link(ns, 0), bytes32(0), "there is no anchor before the first");
            for (uint64 made = 0; made < model.links.length; ++made) {
                assertEq(target.link(ns, made + 1), model.links[made], "a link was rewritten");
            }
            assertEq(target.link(ns, uint64(model.links.length) + 1), bytes32(0), "a link beyond the head");
        }
    }

    function invariant_each_link_names_the_one_before_it_and_sizes_never_shrink() public view {
        for (uint256 index = 0; index < handler.count(); ++index) {
            Handler.Model memory model = handler.modelOf(index);
            for (uint256 made = 1; made < model.items.length; ++made) {
                assertEq(model.items[made].prev, handler.linkOf(model.items[made - 1]), "prev");
                assertTrue(model.items[made].size >= model.items[made - 1].size, "a size shrank");
            }
        }
    }

    function invariant_the_head_and_the_roles_are_what_the_accepted_calls_left() public view {
        RochdaleAnchor target = handler.TARGET();
        for (uint256 index = 0; index < handler.count(); ++index) {
            bytes32 ns = handler.namespace(index);
            Handler.Model memory model = handler.modelOf(index);
            assertEq(target.head(ns).size, model.size, "size");
            assertTrue(target.head(ns).closed == model.closed, "closed");
            assertEq(target.rolesOf(ns).admin, model.admin, "admin");
            assertEq(target.rolesOf(ns).poster, model.poster, "poster");
        }
    }

    function invariant_every_anchor_made_still_verifies_a_leaf_of_one() public view {
        RochdaleAnchor target = handler.TARGET();
        for (uint256 index = 0; index < handler.count(); ++index) {
            Handler.Model memory model = handler.modelOf(index);
            for (uint256 made = 0; made < model.items.length; ++made) {
                bytes32 root = model.items[made].root;
                bool held = target.verify(model.items[made], new bytes32[](0), root);
                assertTrue(held == (root != bytes32(0)), "verify");
            }
        }
    }
}
