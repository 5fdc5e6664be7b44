// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {RochdaleDistributor} from "../src/RochdaleDistributor.sol";
import {DistributorBase} from "./DistributorBase.sol";
import {PlainToken} from "./Tokens.sol";

/// @dev What Uniswap's distributor does by its published interface, IMerkleDistributor: one root for ever, one bit for each claim,
/// leaves of index, account and amount. Written anew for the comparison.
contract BitmapDistributor {
    PlainToken public immutable token;
    bytes32 public immutable merkleRoot;
    mapping(uint256 word => uint256) private _bits;

    event Claimed(uint256 index, address account, uint256 amount);

    error AlreadyClaimed();
    error InvalidProof();

    constructor(PlainToken token_, bytes32 merkleRoot_) {
        (token, merkleRoot) = (token_, merkleRoot_);
    }

    function claim(uint256 index, address account, uint256 amount, bytes32[] calldata merkleProof) external {
        uint256 bit = 1 << (index & 255);
        uint256 word = _bits[index >> 8];
        if (word & bit != 0) revert AlreadyClaimed();
        bytes32 node = keccak256(abi.encodePacked(index, account, amount));
        if (!MerkleProof.verifyCalldata(merkleProof, merkleRoot, node)) revert InvalidProof();
        _bits[index >> 8] = word | bit;
        require(token.transfer(account, amount));
        emit Claimed(index, account, amount);
    }
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

    function test_a_root_costs_the_same_whatever_it_holds_and_a_later_claim_less_than_a_bitmaps() public {
        (uint256 firstSubmit, uint256 firstActivate, uint256 firstClaim) = roundOf(1, 100);
        (uint256 nextSubmit, uint256 nextActivate, uint256 nextClaim) = roundOf(2, 250);
        (bytes32 root, bytes32[] memory proof) =
            path(keccak256(abi.encodePacked(uint256(77), account(1), uint256(100))));
        uint256 before = gasleft();
        BitmapDistributor bitmap = new BitmapDistributor(token, root);
        uint256 deployed = before - gasleft();
        token.mint(address(bitmap), 1_000);
        vm.cool(address(bitmap));
        vm.cool(address(token));
        before = gasleft();
        bitmap.claim(77, account(1), 100, proof);
        uint256 bitmapClaim = before - gasleft();

        emit log_named_uint("submit a root, the first", firstSubmit);
        emit log_named_uint("submit a root, later", nextSubmit);
        emit log_named_uint("activate a root, the first", firstActivate);
        emit log_named_uint("activate a root, later", nextActivate);
        emit log_named_uint("claim, the first of an account", firstClaim);
        emit log_named_uint("claim, later", nextClaim);
        emit log_named_uint("bitmap distributor, deploying one for each root", deployed);
        emit log_named_uint("bitmap distributor, claim", bitmapClaim);
        assertTrue(nextSubmit + nextActivate < deployed, "a root costs more than a contract for each cycle");
        assertTrue(nextClaim < bitmapClaim, "a later claim costs more than a bitmap's");
    }
}
