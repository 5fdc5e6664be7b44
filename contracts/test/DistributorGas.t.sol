// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

import {RochdaleDistributor} from "../src/RochdaleDistributor.sol";
import {DistributorBase} from "./DistributorBase.sol";
import {PlainToken} from "./Tokens.sol";

/// @dev Uniswap's distributor, as its npm package has it: one root for ever, one bit for each claim, leaves of index, account and amount.
interface IMerkleDistributor {
    function claim(uint256 index, address account, uint256 amount, bytes32[] calldata merkleProof) external;
}

interface Files {
    function readFile(string calldata path) external view returns (string memory);
    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
    function parseBytes(string calldata text) external pure returns (bytes memory);
}

/// @dev Gas of a root and of a claim in a tree of 2^20 leaves, of which one path is known. `npm run gas` prints the figures; the tests hold them
/// below what docs/ledger.md says. The cost of the transaction itself (21,000 and its data) comes on top of each figure alike.
contract DistributorGasTest is DistributorBase {
    uint256 internal constant DEPTH = 20;

    event log_named_uint(string name, uint256 value);

    PlainToken internal token;

    function setUp() public {
        deploy();
        token = new PlainToken();
        token.mint(address(target), 1_000_000);
        // Somebody holds and has claimed something already, as after the first of a million claims.
        token.mint(account(1), 1);
    }

    function path(bytes32 node) internal pure returns (bytes32 root, bytes32[] memory proof) {
        proof = new bytes32[](DEPTH);
        root = node;
        for (uint256 depth = 0; depth < DEPTH; ++depth) {
            proof[depth] = keccak256(abi.encode("sibling", depth));
            root = pair(root, proof[depth]);
        }
    }

    function claimAt(uint256 cumulative, uint64 epoch)
        internal
        view
        returns (bytes32 root, RochdaleDistributor.Claim memory one)
    {
        bytes32[] memory proof;
        (root, proof) = path(leaf(address(token), 1, cumulative));
        one = RochdaleDistributor.Claim(address(token), account(1), cumulative, salt(1), epoch, proof);
    }

    /// @dev As {claim} costs in a transaction of its own.
    function measured(RochdaleDistributor.Claim memory one) internal returns (uint256 used) {
        vm.cool(address(target));
        vm.cool(address(token));
        uint256 before = gasleft();
        target.claim(one);
        used = before - gasleft();
    }

    function roundOf(uint64 epoch, uint256 cumulative)
        internal
        returns (uint256 submitted, uint256 activated, uint256 claimed)
    {
        (bytes32 root, RochdaleDistributor.Claim memory one) = claimAt(cumulative, epoch);
        vm.cool(address(target));
        vm.prank(EXECUTOR);
        uint256 before = gasleft();
        target.submitRoot(address(token), epoch, root, 1_000_000, bytes32(0), bytes32(0));
        submitted = before - gasleft();
        vm.warp(target.queuedOf(address(token), epoch).activeFrom);
        vm.cool(address(target));
        vm.cool(address(token));
        before = gasleft();
        target.activate(address(token), epoch);
        activated = before - gasleft();
        claimed = measured(one);
    }

    /// @dev Uniswap's published bytecode, deployed, and what that cost.
    function uniswaps(bytes32 root) internal returns (IMerkleDistributor made, uint256 used) {
        Files files = Files(address(vm));
        string memory artifact = files.readFile("node_modules/@uniswap/merkle-distributor/build/MerkleDistributor.json");
        bytes memory published = files.parseBytes(string.concat("0x", files.parseJsonString(artifact, ".bytecode")));
        bytes memory code = abi.encodePacked(published, abi.encode(token, root));
        address place;
        uint256 before = gasleft();
        assembly ("memory-safe") {
            place := create(0, add(code, 0x20), mload(code))
        }
        used = before - gasleft();
        require(place != address(0), "Uniswap's distributor is not deployed");
        made = IMerkleDistributor(place);
    }

    function test_a_root_costs_the_same_whatever_it_holds_and_a_later_claim_less_than_a_bitmaps() public {
        (uint256 firstSubmit, uint256 firstActivate, uint256 firstClaim) = roundOf(1, 100);
        (uint256 nextSubmit, uint256 nextActivate, uint256 nextClaim) = roundOf(2, 250);
        (bytes32 root, bytes32[] memory proof) =
            path(keccak256(abi.encodePacked(uint256(77), account(1), uint256(100))));
        (IMerkleDistributor bitmap, uint256 deployed) = uniswaps(root);
        token.mint(address(bitmap), 1_000);
        vm.cool(address(bitmap));
        vm.cool(address(token));
        uint256 before = gasleft();
        bitmap.claim(77, account(1), 100, proof);
        uint256 bitmapClaim = before - gasleft();

        emit log_named_uint("submit a root, the first", firstSubmit);
        emit log_named_uint("submit a root, later", nextSubmit);
        emit log_named_uint("activate a root, the first", firstActivate);
        emit log_named_uint("activate a root, later", nextActivate);
        emit log_named_uint("claim, the first of an account", firstClaim);
        emit log_named_uint("claim, later", nextClaim);
        emit log_named_uint("Uniswap's distributor, deploying one for each root", deployed);
        emit log_named_uint("Uniswap's distributor, claim", bitmapClaim);
        assertTrue(nextSubmit + nextActivate < deployed, "a root costs more than a contract for each cycle");
        assertTrue(nextClaim < bitmapClaim, "a later claim costs more than a bitmap's");
    }
}
