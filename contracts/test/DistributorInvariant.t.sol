// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

import {RochdaleDistributor} from "../src/RochdaleDistributor.sol";
import {DistributorBase} from "./DistributorBase.sol";
import {PlainToken} from "./Tokens.sol";
import {Test} from "./Test.sol";

/// @dev Calls the contract in random order with right and wrong arguments, beside a plain model of its rules. Every call must
/// succeed exactly when the model says so.
contract DistributorHandler is DistributorBase {
    struct Root {
        uint256[4] earned;
        uint256 total;
        uint256 activeFrom;
        bool vetoed;
    }

    struct Model {
        uint64 epoch;
        uint256 total;
        uint256 claimed;
        uint256[4] paid;
        Root[] queue;
    }

    uint256 internal constant TOKENS = 2;

    PlainToken[2] internal tokens;
    mapping(uint256 token => Model) internal models;
    uint256 internal time = 1_000_000;

    constructor() {
        vm.warp(time);
        deploy();
        (tokens[0], tokens[1]) = (new PlainToken(), new PlainToken());
    }

    /// @dev Most roots are honest; some say another total than their leaves come to, or less than an account had.
    function submitRoot(uint8 which, uint16[4] calldata growth, uint8 flaw) external {
        uint256 index = which % TOKENS;
        Model storage model = models[index];
        Root memory root;
        if (model.queue.length > 0) root.earned = model.queue[model.queue.length - 1].earned;
        for (uint256 place = 0; place < 4; ++place) {
            root.earned[place] += growth[place];
        }
        root.total = sum(root.earned);
        if (flaw % 8 == 0) root.total = root.total / 2;
        if (flaw % 8 == 1) root.earned[flaw % 4] /= 2;
        root.activeFrom = time + DELAY;
        uint64 epoch = uint64(model.queue.length) + (flaw % 8 == 2 ? 2 : 1);
        address sender = flaw % 8 == 3 ? STRANGER : EXECUTOR;
        bool allowed = flaw % 8 != 2 && flaw % 8 != 3 && root.total >= model.total;
        address token = address(tokens[index]);
        bytes memory call = abi.encodeCall(
            RochdaleDistributor.submitRoot,
            (token, epoch, rootOf(token, root.earned), root.total, bytes32(0), bytes32(0))
        );
        if (expect(allowed, sender, call)) model.queue.push(root);
    }

    function vetoOne(uint8 which, uint8 back, uint8 chance) external {
        uint256 index = which % TOKENS;
        uint64 epoch = pick(index, back);
        // Most roots live, so that there is something to claim.
        address sender = chance % 4 == 0 ? GUARDIAN : STRANGER;
        bool allowed = sender == GUARDIAN && isPending(index, epoch);
        bytes memory call = abi.encodeCall(RochdaleDistributor.veto, (address(tokens[index]), epoch));
        if (expect(allowed, sender, call)) models[index].queue[epoch - 1].vetoed = true;
    }

    function pass(uint32 duration) external {
        time += duration % 3 days;
        vm.warp(time);
    }

    function fund(uint8 which, uint32 amount) external {
        tokens[which % TOKENS].mint(address(target), amount);
    }

    function activateOne(uint8 which, uint8 back) external {
        vm.warp(time);
        uint256 index = which % TOKENS;
        Model storage model = models[index];
        uint64 epoch = pick(index, back);
        bool allowed = isPending(index, epoch);
        if (allowed) {
            Root storage root = model.queue[epoch - 1];
            uint256 held = tokens[index].balanceOf(address(target));
            allowed = time >= root.activeFrom && root.total >= model.total && held + model.claimed >= root.total;
        }
        bytes memory call = abi.encodeCall(RochdaleDistributor.activate, (address(tokens[index]), epoch));
        if (expect(allowed, STRANGER, call)) (model.epoch, model.total) = (epoch, model.queue[epoch - 1].total);
    }

    function claimOne(uint8 which, uint8 who, uint8 flaw) external {
        uint256 index = which % TOKENS;
        Model storage model = models[index];
        if (model.epoch == 0) return;
        uint256 place = who % 4;
        uint256[4] memory earned = model.queue[model.epoch - 1].earned;
        RochdaleDistributor.Claim memory one = claimOf(address(tokens[index]), place, earned, model.epoch);
        if (flaw % 8 == 0) one.cumulative += 1;
        if (flaw % 8 == 1) one.epoch -= 1;
        bool allowed = flaw % 8 > 1 && earned[place] > model.paid[place]
            && model.claimed + earned[place] - model.paid[place] <= model.total;
        if (expect(allowed, STRANGER, abi.encodeCall(RochdaleDistributor.claim, (one)))) {
            model.claimed += earned[place] - model.paid[place];
            model.paid[place] = earned[place];
        }
    }

    function modelOf(uint256 index) external view returns (Model memory, PlainToken, RochdaleDistributor) {
        return (models[index], tokens[index], target);
    }

    function accountOf(uint256 place) external pure returns (address) {
        return account(place);
    }

    function pick(uint256 index, uint8 back) internal view returns (uint64) {
        uint256 submitted = models[index].queue.length;
        // One beyond the newest too, which nobody submitted.
        return uint64(submitted + 1 - back % (submitted + 1));
    }

    function isPending(uint256 index, uint64 epoch) internal view returns (bool) {
        Model storage model = models[index];
        return epoch > model.epoch && epoch <= model.queue.length && !model.queue[epoch - 1].vetoed;
    }

    function expect(bool allowed, address sender, bytes memory call) internal returns (bool) {
        vm.warp(time);
        vm.prank(sender);
        (bool accepted,) = address(target).call(call);
        assertTrue(accepted == allowed, "the contract and the model disagree");
        return accepted;
    }
}

/// @dev What must hold after every call, whatever came before it.
contract DistributorInvariantTest is Test {
    DistributorHandler internal handler;

    function setUp() public {
        handler = new DistributorHandler();
    }

    /// @dev forge calls only what stands here.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_no_more_is_claimed_than_the_total_and_the_rest_is_there() public view {
        for (uint256 index = 0; index < 2; ++index) {
            (, PlainToken token, RochdaleDistributor target) = handler.modelOf(index);
            RochdaleDistributor.Standing memory standing = target.standingOf(address(token));
            assertTrue(standing.claimed <= standing.total, "more was claimed than promised");
            uint256 owed = standing.total - standing.claimed;
            assertTrue(token.balanceOf(address(target)) >= owed, "what is owed is not there");
        }
    }

    function invariant_every_account_got_what_the_accepted_claims_say() public view {
        for (uint256 index = 0; index < 2; ++index) {
            (DistributorHandler.Model memory model, PlainToken token, RochdaleDistributor target) =
                handler.modelOf(index);
            uint256 paid = 0;
            for (uint256 place = 0; place < 4; ++place) {
                address account = handler.accountOf(place);
                assertEq(target.claimedOf(address(token), account), model.paid[place], "claimed");
                assertEq(token.balanceOf(account), model.paid[place], "paid");
                paid += model.paid[place];
            }
            assertEq(target.standingOf(address(token)).claimed, paid, "the sum of claims");
        }
    }

    function invariant_the_standing_is_what_the_accepted_calls_left() public view {
        for (uint256 index = 0; index < 2; ++index) {
            (DistributorHandler.Model memory model, PlainToken token, RochdaleDistributor target) =
                handler.modelOf(index);
            RochdaleDistributor.Standing memory standing = target.standingOf(address(token));
            assertEq(standing.epoch, model.epoch, "epoch");
            assertEq(standing.total, model.total, "total");
            assertEq(standing.submitted, model.queue.length, "submitted");
            for (uint64 epoch = 1; epoch <= model.queue.length; ++epoch) {
                bool vetoed = target.queuedOf(address(token), epoch).vetoed;
                assertTrue(vetoed == model.queue[epoch - 1].vetoed, "vetoed");
            }
        }
    }
}
