// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

import {RochdaleDistributor} from "../src/RochdaleDistributor.sol";
import {DistributorBase} from "./DistributorBase.sol";
import {ContractWallet, FeeToken, LyingToken, PlainToken, ReentrantToken, SilentToken} from "./Tokens.sol";

/// @dev Each rule of the contract by itself: what is accepted, and each refusal with its facts.
contract RochdaleDistributorTest is DistributorBase {
    PlainToken internal token;
    uint256[4] internal earned = [uint256(100), 200, 300, 400];

    function setUp() public {
        deploy();
        token = new PlainToken();
    }

    function refuse(bytes memory reason) internal {
        vm.expectRevert(reason);
    }

    function refuse(bytes4 selector, uint64 epoch) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, address(token), epoch));
    }

    function test_the_terms_are_those_of_the_deployment() public view {
        (address executor, uint64 delay) = target.terms();
        assertEq(executor, EXECUTOR, "executor");
        assertEq(delay, DELAY, "delay");
        assertTrue(target.isGuardian(GUARDIAN) && target.isGuardian(OTHER_GUARDIAN), "guardians");
        assertTrue(!target.isGuardian(EXECUTOR), "the executor is no guardian");
    }

    function test_a_deployment_needs_an_executor_guardians_and_a_delay() public {
        address[] memory one = new address[](1);
        one[0] = GUARDIAN;
        refuse(abi.encodeWithSelector(RochdaleDistributor.RochdaleDistributorBadAddress.selector));
        new RochdaleDistributor(address(0), one, DELAY);
        refuse(abi.encodeWithSelector(RochdaleDistributor.RochdaleDistributorNoGuardian.selector));
        new RochdaleDistributor(EXECUTOR, new address[](0), DELAY);
        refuse(abi.encodeWithSelector(RochdaleDistributor.RochdaleDistributorBadAddress.selector));
        new RochdaleDistributor(EXECUTOR, new address[](1), DELAY);
        for (uint64 delay = 1 days - 1; delay < 40 days; delay += 29 days + 2) {
            refuse(abi.encodeWithSelector(RochdaleDistributor.RochdaleDistributorBadDelay.selector, delay));
            new RochdaleDistributor(EXECUTOR, one, delay);
        }
    }

    function test_everyone_is_paid_what_they_have_not_claimed_yet() public {
        bring(token, 1, earned);
        target.claim(claimOf(address(token), 1, earned, 1));
        assertEq(token.balanceOf(account(1)), 200, "first");
        uint256[4] memory more = [uint256(150), 260, 300, 401];
        bring(token, 2, more);
        for (uint256 index = 0; index < 3; ++index) {
            target.claim(claimOf(address(token), index, more, 2));
            assertEq(token.balanceOf(account(index)), more[index], "everything since the beginning");
            assertEq(target.claimedOf(address(token), account(index)), more[index], "claimed");
        }
        assertEq(target.standingOf(address(token)).claimed, 710, "claimed in all");
        assertEq(token.balanceOf(address(target)), 401, "what is left is the last one's");
    }

    function test_nothing_is_paid_twice() public {
        bring(token, 1, earned);
        RochdaleDistributor.Claim memory one = claimOf(address(token), 0, earned, 1);
        target.claim(one);
        bytes4 left = RochdaleDistributor.RochdaleDistributorNothingLeft.selector;
        refuse(abi.encodeWithSelector(left, address(token), account(0), 100));
        target.claim(one);
        RochdaleDistributor.Claim[] memory twice = new RochdaleDistributor.Claim[](2);
        (twice[0], twice[1]) = (claimOf(address(token), 1, earned, 1), claimOf(address(token), 1, earned, 1));
        refuse(abi.encodeWithSelector(left, address(token), account(1), 200));
        target.claimMany(twice);
        assertEq(token.balanceOf(account(1)), 0, "all or none");
    }

    function test_only_the_executor_submits() public {
        refuse(abi.encodeWithSelector(RochdaleDistributor.RochdaleDistributorNotExecutor.selector, address(this)));
        target.submitRoot(address(token), 1, keccak256("root"), 1, bytes32(0), bytes32(0));
    }

    function test_epochs_follow_each_other_and_a_root_is_never_empty() public {
        bytes4 bad = RochdaleDistributor.RochdaleDistributorBadEpoch.selector;
        for (uint64 epoch = 0; epoch < 4; epoch += 2) {
            refuse(abi.encodeWithSelector(bad, address(token), 1, epoch));
            submit(address(token), epoch, keccak256("root"), 1);
        }
        refuse(RochdaleDistributor.RochdaleDistributorEmptyRoot.selector, 1);
        submit(address(token), 1, bytes32(0), 1);
        refuse(abi.encodeWithSelector(RochdaleDistributor.RochdaleDistributorBadAddress.selector));
        submit(address(target), 1, keccak256("root"), 1);
        refuse(abi.encodeWithSelector(RochdaleDistributor.RochdaleDistributorBadAddress.selector));
        submit(address(0), 1, keccak256("root"), 1);
    }

    function test_a_root_waits_its_time() public {
        submit(address(token), 1, rootOf(address(token), earned), 1_000);
        token.mint(address(target), 1_000);
        uint64 from = target.queuedOf(address(token), 1).activeFrom;
        assertEq(from, block.timestamp + DELAY, "delay");
        vm.warp(from - 1);
        bytes4 early = RochdaleDistributor.RochdaleDistributorTooEarly.selector;
        refuse(abi.encodeWithSelector(early, address(token), 1, from));
        target.activate(address(token), 1);
        vm.warp(from);
        vm.prank(STRANGER);
        target.activate(address(token), 1);
        assertEq(target.standingOf(address(token)).epoch, 1, "active");
    }

    function test_a_root_that_is_not_funded_stays_in_the_queue() public {
        submit(address(token), 1, rootOf(address(token), earned), 1_000);
        vm.warp(block.timestamp + DELAY);
        token.mint(address(target), 999);
        bytes4 bare = RochdaleDistributor.RochdaleDistributorNotFunded.selector;
        refuse(abi.encodeWithSelector(bare, address(token), 1_000, 999));
        target.activate(address(token), 1);
        token.mint(address(target), 1);
        target.activate(address(token), 1);
    }

    function test_a_guardian_stops_a_root_and_nobody_else_does() public {
        submit(address(token), 1, rootOf(address(token), earned), 1_000);
        refuse(abi.encodeWithSelector(RochdaleDistributor.RochdaleDistributorNotGuardian.selector, address(this)));
        target.veto(address(token), 1);
        vm.prank(OTHER_GUARDIAN);
        target.veto(address(token), 1);
        vm.warp(block.timestamp + DELAY);
        token.mint(address(target), 1_000);
        refuse(RochdaleDistributor.RochdaleDistributorNotPending.selector, 1);
        target.activate(address(token), 1);
        // The next root takes the next number and goes its own way.
        bring(token, 2, earned);
        refuse(RochdaleDistributor.RochdaleDistributorNotPending.selector, 2);
        vm.prank(GUARDIAN);
        target.veto(address(token), 2);
    }

    function test_a_later_root_leaves_those_before_it_behind() public {
        submit(address(token), 1, keccak256("older"), 1_000);
        bring(token, 2, earned);
        refuse(RochdaleDistributor.RochdaleDistributorNotPending.selector, 1);
        target.activate(address(token), 1);
    }

    function test_a_total_never_falls() public {
        // Both were right when they were submitted; the second is not once the first is active.
        submit(address(token), 1, rootOf(address(token), earned), 1_000);
        submit(address(token), 2, keccak256("less"), 999);
        vm.warp(block.timestamp + DELAY);
        token.mint(address(target), 5_000);
        target.activate(address(token), 1);
        bytes memory falls = abi.encodeWithSelector(
            RochdaleDistributor.RochdaleDistributorTotalFalls.selector, address(token), 1_000, 999
        );
        refuse(falls);
        target.activate(address(token), 2);
        refuse(falls);
        submit(address(token), 3, keccak256("less"), 999);
    }

    function test_a_claim_names_the_active_epoch() public {
        bytes4 other = RochdaleDistributor.RochdaleDistributorOtherEpoch.selector;
        refuse(abi.encodeWithSelector(other, address(token), 0, 0));
        target.claim(claimOf(address(token), 0, earned, 0));
        bring(token, 1, earned);
        bring(token, 2, earned);
        refuse(abi.encodeWithSelector(other, address(token), 2, 1));
        target.claim(claimOf(address(token), 0, earned, 1));
    }

    function test_a_proof_holds_for_one_claim_alone() public {
        bring(token, 1, earned);
        PlainToken second = new PlainToken();
        bring(second, 1, [uint256(1), 2, 3, 4]);
        bytes4 bad = RochdaleDistributor.RochdaleDistributorBadProof.selector;
        for (uint256 change = 0; change < 6; ++change) {
            RochdaleDistributor.Claim memory one = claimOf(address(token), 0, earned, 1);
            if (change == 0) one.cumulative += 1;
            if (change == 1) one.account = STRANGER;
            if (change == 2) one.salt = bytes32(uint256(1));
            if (change == 3) one.token = address(second);
            if (change == 4) one.proof = new bytes32[](0);
            if (change == 5) one.proof[1] = bytes32(0);
            refuse(abi.encodeWithSelector(bad, one.token, one.account));
            target.claim(one);
        }
        // Another chain and another contract have other leaves.
        RochdaleDistributor.Claim memory right = claimOf(address(token), 0, earned, 1);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        refuse(abi.encodeWithSelector(bad, address(token), account(0)));
        target.claim(right);
        vm.chainId(chain);
        target.claim(right);
    }

    function test_a_tree_that_promises_more_than_it_says_pays_no_more() public {
        submit(address(token), 1, rootOf(address(token), earned), 350);
        vm.warp(block.timestamp + DELAY);
        token.mint(address(target), 1_000);
        target.activate(address(token), 1);
        target.claim(claimOf(address(token), 0, earned, 1));
        target.claim(claimOf(address(token), 1, earned, 1));
        bytes4 over = RochdaleDistributor.RochdaleDistributorOverTotal.selector;
        refuse(abi.encodeWithSelector(over, address(token), 350, 600));
        target.claim(claimOf(address(token), 2, earned, 1));
    }

    function digestOf(RochdaleDistributor.Claim memory one, address recipient, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("RochdaleDistributor"),
                keccak256("1"),
                block.chainid,
                address(target)
            )
        );
        bytes32 kind = keccak256(
            "ClaimTo(address token,address account,address recipient,uint256 cumulative,uint64 epoch,uint256 deadline)"
        );
        bytes32 content =
            keccak256(abi.encode(kind, one.token, one.account, recipient, one.cumulative, one.epoch, deadline));
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }

    function signed(RochdaleDistributor.Claim memory one, address recipient, uint256 deadline)
        internal
        view
        returns (bytes memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digestOf(one, recipient, deadline));
        return abi.encodePacked(r, s, v);
    }

    function test_an_account_is_paid_elsewhere_by_its_signature_alone_and_once() public {
        bring(token, 1, earned);
        RochdaleDistributor.Claim memory one = claimOf(address(token), 0, earned, 1);
        uint256 deadline = block.timestamp + 1;
        bytes memory signature = signed(one, STRANGER, deadline);
        bytes memory bad =
            abi.encodeWithSelector(RochdaleDistributor.RochdaleDistributorBadSignature.selector, account(0));
        refuse(bad);
        target.claimTo(one, address(0xBAD), deadline, signature);
        refuse(bad);
        target.claimTo(one, STRANGER, deadline + 1, signature);
        vm.warp(deadline + 1);
        refuse(bad);
        target.claimTo(one, STRANGER, deadline, signature);
        vm.warp(deadline);
        refuse(abi.encodeWithSelector(RochdaleDistributor.RochdaleDistributorBadAddress.selector));
        target.claimTo(one, address(target), deadline, signature);
        target.claimTo(one, STRANGER, deadline, signature);
        assertEq(token.balanceOf(STRANGER), 100, "paid elsewhere");
        bytes4 left = RochdaleDistributor.RochdaleDistributorNothingLeft.selector;
        refuse(abi.encodeWithSelector(left, address(token), account(0), 100));
        target.claimTo(one, STRANGER, deadline, signature);
    }

    function test_a_wallet_that_is_a_contract_says_itself_what_it_signed() public {
        ContractWallet wallet = new ContractWallet();
        RochdaleDistributor.Claim memory one;
        (one.token, one.account, one.cumulative, one.epoch) = (address(token), address(wallet), 70, 1);
        submit(address(token), 1, target.leafOf(address(token), address(wallet), 70, bytes32(0)), 70);
        vm.warp(block.timestamp + DELAY);
        token.mint(address(target), 70);
        target.activate(address(token), 1);
        uint256 deadline = block.timestamp;
        refuse(abi.encodeWithSelector(RochdaleDistributor.RochdaleDistributorBadSignature.selector, address(wallet)));
        target.claimTo(one, STRANGER, deadline, "");
        wallet.approve(digestOf(one, STRANGER, deadline));
        target.claimTo(one, STRANGER, deadline, "");
        assertEq(token.balanceOf(STRANGER), 70, "paid elsewhere");
    }

    function test_a_token_that_does_not_pay_is_not_believed() public {
        LyingToken lying = new LyingToken();
        bring(lying, 1, earned);
        RochdaleDistributor.Claim memory one = claimOf(address(lying), 0, earned, 1);
        (bool accepted,) = address(target).call(abi.encodeCall(RochdaleDistributor.claim, (one)));
        assertTrue(!accepted, "a claim that was not paid counts");
        assertEq(target.claimedOf(address(lying), account(0)), 0, "claimed");
    }

    function test_a_token_that_answers_nothing_pays() public {
        SilentToken silent = new SilentToken();
        bring(PlainToken(address(silent)), 1, earned);
        target.claim(claimOf(address(silent), 0, earned, 1));
        assertEq(silent.balanceOf(account(0)), 100, "paid");
    }

    function test_a_token_that_calls_back_is_paid_out_once() public {
        ReentrantToken hostile = new ReentrantToken();
        bring(hostile, 1, earned);
        RochdaleDistributor.Claim memory one = claimOf(address(hostile), 0, earned, 1);
        hostile.arm(one);
        target.claim(one);
        assertTrue(hostile.wasRefused(), "the second claim was not refused");
        assertEq(hostile.balanceOf(account(0)), 100, "paid once");
        assertEq(target.standingOf(address(hostile)).claimed, 100, "claimed once");
    }

    function test_a_token_with_a_fee_takes_it_from_who_is_paid_and_from_nobody_else() public {
        FeeToken fee = new FeeToken();
        bring(fee, 1, earned);
        for (uint256 index = 0; index < 4; ++index) {
            target.claim(claimOf(address(fee), index, earned, 1));
        }
        assertEq(fee.balanceOf(account(3)), 360, "less the fee");
        assertEq(fee.balanceOf(address(target)), 0, "all claims were funded");
    }

    function testFuzz_whoever_claims_when_gets_everything_earned(
        uint64[4] memory first,
        uint64[4] memory second,
        uint8 who
    ) public {
        uint256[4] memory one;
        uint256[4] memory two;
        for (uint256 index = 0; index < 4; ++index) {
            one[index] = uint256(first[index]) + 1;
            two[index] = one[index] + second[index];
        }
        bring(token, 1, one);
        for (uint256 index = 0; index < 4; ++index) {
            if (who >> index & 1 == 1) target.claim(claimOf(address(token), index, one, 1));
        }
        bring(token, 2, two);
        for (uint256 index = 0; index < 4; ++index) {
            if (target.claimedOf(address(token), account(index)) < two[index]) {
                target.claim(claimOf(address(token), index, two, 2));
            }
            assertEq(token.balanceOf(account(index)), two[index], "everything earned");
        }
        assertEq(token.balanceOf(address(target)), 0, "nothing is left");
    }

    function testFuzz_no_other_leaf_is_in_the_tree(address other, uint256 cumulative, bytes32 anySalt) public {
        bring(token, 1, earned);
        RochdaleDistributor.Claim memory one = claimOf(address(token), 0, earned, 1);
        bool same = other == one.account && cumulative == one.cumulative && anySalt == one.salt;
        vm.assume(!same);
        (one.account, one.cumulative, one.salt) = (other, cumulative, anySalt);
        bytes4 bad = RochdaleDistributor.RochdaleDistributorBadProof.selector;
        refuse(abi.encodeWithSelector(bad, address(token), other));
        target.claim(one);
    }
}
