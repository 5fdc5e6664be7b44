// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title RochdaleDistributor
/// @notice Pays the members of one co-op in tokens: each payout cycle brings one root over what every account has earned since the
/// beginning, and an account claims what it has not claimed yet.
/// @dev The contract cannot be changed: it has no owner, no proxy and no way to take tokens out but a claim. Roots are cumulative,
/// so a member may claim once a year or each cycle, and a root of any size costs the same. A root waits in a queue by epoch, where
/// a guardian can stop it, before anybody may activate it; it becomes active only if the contract holds what it promises. The executor
/// and the guardians are named once; a co-op that names others deploys anew and lets members claim here what is left.
contract RochdaleDistributor is EIP712 {
    using SafeERC20 for IERC20;

    /// @notice A root in the queue, or that was.
    /// @param root The Merkle root over the claims, of an OpenZeppelin standard-v1 tree; zero where none was submitted.
    /// @param total What all claims of the root come to, since the beginning, in the token's units.
    /// @param activeFrom From when it may be activated, in seconds.
    /// @param vetoed Whether a guardian stopped it.
    struct Queued {
        bytes32 root;
        uint256 total;
        uint64 activeFrom;
        bool vetoed;
    }

    /// @notice Where a token stands.
    /// @param root The active root; zero while there is none.
    /// @param total What its claims come to; never falls.
    /// @param claimed What was claimed of it, since the beginning.
    /// @param epoch The epoch of the active root; 0 while there is none.
    /// @param submitted The newest epoch in the queue; 0 while there is none.
    struct Standing {
        bytes32 root;
        uint256 total;
        uint256 claimed;
        uint64 epoch;
        uint64 submitted;
    }

    /// @notice What an account may claim.
    /// @param token The token.
    /// @param account Who earned it.
    /// @param cumulative What the account has earned since the beginning, in the token's units.
    /// @param salt Sixteen random bytes or more that the member knows, so that nobody else can guess the leaf.
    /// @param epoch The epoch of the root that the proof belongs to.
    /// @param proof The siblings from the leaf to the root.
    struct Claim {
        address token;
        address account;
        uint256 cumulative;
        bytes32 salt;
        uint64 epoch;
        bytes32[] proof;
    }

    /// @notice A root was put into the queue. `statements` is the root over the members' statements, `content` the hash of the published list.
    event Submitted(
        address indexed token,
        uint64 indexed epoch,
        bytes32 root,
        uint256 total,
        bytes32 statements,
        bytes32 content,
        uint64 activeFrom
    );

    /// @notice A guardian stopped a root.
    event Vetoed(address indexed token, uint64 indexed epoch, address guardian);

    /// @notice A root became active.
    event Activated(address indexed token, uint64 indexed epoch, bytes32 root, uint256 total);

    /// @notice An account claimed; `cumulative` is what it has claimed since the beginning, `amount` what was paid now.
    event Claimed(
        address indexed token,
        address indexed account,
        address recipient,
        uint256 cumulative,
        uint256 amount,
        uint64 epoch
    );

    /// @notice Only the executor may do this.
    error RochdaleDistributorNotExecutor(address caller);

    /// @notice Only a guardian may do this.
    error RochdaleDistributorNotGuardian(address caller);

    /// @notice The delay is shorter or longer than allowed.
    error RochdaleDistributorBadDelay(uint64 delay);

    /// @notice An address is zero, or this contract itself.
    error RochdaleDistributorBadAddress();

    /// @notice There is no guardian.
    error RochdaleDistributorNoGuardian();

    /// @notice The epoch does not follow the newest in the queue.
    error RochdaleDistributorBadEpoch(address token, uint64 expected, uint64 given);

    /// @notice The root is zero, in which nothing is.
    error RochdaleDistributorEmptyRoot(address token, uint64 epoch);

    /// @notice The total is less than that of the active root.
    error RochdaleDistributorTotalFalls(address token, uint256 total, uint256 given);

    /// @notice No such root waits: it was never submitted, is active, was vetoed, or a later one is active.
    error RochdaleDistributorNotPending(address token, uint64 epoch);

    /// @notice The root may be activated later.
    error RochdaleDistributorTooEarly(address token, uint64 epoch, uint64 activeFrom);

    /// @notice The contract does not hold what the root promises.
    error RochdaleDistributorNotFunded(address token, uint256 needed, uint256 held);

    /// @notice The claim is for another epoch than the active one; ask for a new proof.
    error RochdaleDistributorOtherEpoch(address token, uint64 active, uint64 given);

    /// @notice The proof does not lead to the active root.
    error RochdaleDistributorBadProof(address token, address account);

    /// @notice Everything was claimed already.
    error RochdaleDistributorNothingLeft(address token, address account, uint256 claimed);

    /// @notice The claims come to more than the root said.
    error RochdaleDistributorOverTotal(address token, uint256 total, uint256 claimed);

    /// @notice The signature is not the account's, or its time is over.
    error RochdaleDistributorBadSignature(address account);

    /// @notice The shortest delay between submitting and activating, in seconds.
    uint64 public constant DELAY_MIN = 1 days;

    /// @notice The longest delay, in seconds.
    uint64 public constant DELAY_MAX = 30 days;

    /// @dev The first word of every leaf, so that a leaf can never be taken for another hash.
    bytes32 private constant _CLAIM = keccak256("RochdaleDistributor.Claim.V1");

    bytes32 private constant _CLAIM_TO = keccak256(
        "ClaimTo(address token,address account,address recipient,uint256 cumulative,uint64 epoch,uint256 deadline)"
    );

    address private immutable _EXECUTOR;
    uint64 private immutable _DELAY;

    mapping(address guardian => bool) private _guardians;
    mapping(address token => Standing) private _standings;
    mapping(address token => mapping(uint64 epoch => Queued)) private _queue;
    mapping(address token => mapping(address account => uint256)) private _claimed;

    /// @param executor Who submits the roots of adopted cycles.
    /// @param guardians Who can stop a root while it waits; the co-op's auditors.
    /// @param delay How long a root waits, in seconds.
    constructor(address executor, address[] memory guardians, uint64 delay) EIP712("RochdaleDistributor", "1") {
        if (executor == address(0)) revert RochdaleDistributorBadAddress();
        if (guardians.length == 0) revert RochdaleDistributorNoGuardian();
        if (delay < DELAY_MIN || delay > DELAY_MAX) revert RochdaleDistributorBadDelay(delay);
        for (uint256 index = 0; index < guardians.length; ++index) {
            if (guardians[index] == address(0)) revert RochdaleDistributorBadAddress();
            _guardians[guardians[index]] = true;
        }
        _EXECUTOR = executor;
        _DELAY = delay;
    }

    /// @notice Puts the root of a cycle into the queue.
    /// @param token The token.
    /// @param epoch The number of the root for this token: 1 for the first, then one more each time, a vetoed one counted.
    /// @param root The Merkle root over the claims.
    /// @param total What they come to since the beginning; at least what the active root's come to.
    /// @param statements The Merkle root over the members' statements.
    /// @param content The hash of the list from which anybody can build the root again.
    function submitRoot(address token, uint64 epoch, bytes32 root, uint256 total, bytes32 statements, bytes32 content)
        external
    {
        if (msg.sender != _EXECUTOR) revert RochdaleDistributorNotExecutor(msg.sender);
        if (token == address(0) || token == address(this)) revert RochdaleDistributorBadAddress();
        Standing storage standing = _standings[token];
        if (epoch != standing.submitted + 1) revert RochdaleDistributorBadEpoch(token, standing.submitted + 1, epoch);
        if (root == bytes32(0)) revert RochdaleDistributorEmptyRoot(token, epoch);
        if (total < standing.total) revert RochdaleDistributorTotalFalls(token, standing.total, total);
        uint64 activeFrom = uint64(block.timestamp) + _DELAY;
        standing.submitted = epoch;
        _queue[token][epoch] = Queued({root: root, total: total, activeFrom: activeFrom, vetoed: false});
        emit Submitted(token, epoch, root, total, statements, content, activeFrom);
    }

    /// @notice Stops a root that waits. Those before and after it in the queue stay as they are.
    /// @param token The token.
    /// @param epoch The epoch of the root.
    function veto(address token, uint64 epoch) external {
        if (!_guardians[msg.sender]) revert RochdaleDistributorNotGuardian(msg.sender);
        Queued storage queued = _pending(token, epoch);
        queued.vetoed = true;
        emit Vetoed(token, epoch, msg.sender);
    }

    /// @notice Makes a root active once it has waited and the contract holds what it promises. Anybody may do this.
    /// @param token The token.
    /// @param epoch The epoch of the root; those before it in the queue can be activated no more, which their claims do not need.
    function activate(address token, uint64 epoch) external {
        Queued storage queued = _pending(token, epoch);
        Standing storage standing = _standings[token];
        (bytes32 root, uint256 total, uint64 activeFrom) = (queued.root, queued.total, queued.activeFrom);
        if (block.timestamp < activeFrom) revert RochdaleDistributorTooEarly(token, epoch, activeFrom);
        if (total < standing.total) revert RochdaleDistributorTotalFalls(token, standing.total, total);
        // Claims never exceed the total, so this is what is still to be paid. Nobody is called but by a static call, which can change nothing.
        uint256 needed = total - standing.claimed;
        uint256 held = IERC20(token).balanceOf(address(this));
        if (held < needed) revert RochdaleDistributorNotFunded(token, needed, held);
        (standing.root, standing.total, standing.epoch) = (root, total, epoch);
        emit Activated(token, epoch, root, total);
    }

    /// @notice Pays an account what it has not claimed yet. Anybody may do this for it.
    /// @param one The claim.
    function claim(Claim calldata one) external {
        _pay(one, one.account);
    }

    /// @notice Pays several claims, of one account or of many; all are paid or none is.
    /// @param all The claims.
    function claimMany(Claim[] calldata all) external {
        for (uint256 index = 0; index < all.length; ++index) {
            _pay(all[index], all[index].account);
        }
    }

    /// @notice Pays an account's claim to another address, as its signature asks. Anybody may bring the signature.
    /// @param one The claim.
    /// @param recipient Who is paid.
    /// @param deadline Until when the signature holds, in seconds.
    /// @param signature The account's, over `ClaimTo` (EIP-712); of a contract, as ERC-1271 asks. What it names can be claimed once,
    /// so it cannot be used again.
    function claimTo(Claim calldata one, address recipient, uint256 deadline, bytes calldata signature) external {
        if (recipient == address(0) || recipient == address(this)) revert RochdaleDistributorBadAddress();
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(_CLAIM_TO, one.token, one.account, recipient, one.cumulative, one.epoch, deadline))
        );
        bool right = block.timestamp <= deadline && SignatureChecker.isValidSignatureNow(one.account, digest, signature);
        if (!right) revert RochdaleDistributorBadSignature(one.account);
        _pay(one, recipient);
    }

    /// @notice Where a token stands.
    /// @param token The token.
    /// @return The active root, its total and epoch, what was claimed, and the newest epoch in the queue.
    function standingOf(address token) external view returns (Standing memory) {
        return _standings[token];
    }

    /// @notice A root in the queue, or that was.
    /// @param token The token.
    /// @param epoch The epoch.
    /// @return The root as it was submitted, and whether it was vetoed.
    function queuedOf(address token, uint64 epoch) external view returns (Queued memory) {
        return _queue[token][epoch];
    }

    /// @notice What an account has claimed since the beginning.
    /// @param token The token.
    /// @param account The account.
    /// @return In the token's units.
    function claimedOf(address token, address account) external view returns (uint256) {
        return _claimed[token][account];
    }

    /// @notice Who submits roots, and how long they wait.
    /// @return executor The executor.
    /// @return delay The delay, in seconds.
    function terms() external view returns (address executor, uint64 delay) {
        return (_EXECUTOR, _DELAY);
    }

    /// @notice Whether an address can stop a root.
    /// @param account The address.
    /// @return Whether it is a guardian.
    function isGuardian(address account) external view returns (bool) {
        return _guardians[account];
    }

    /// @notice The leaf of a claim in the tree.
    /// @param token The token.
    /// @param account The account.
    /// @param cumulative What it has earned since the beginning.
    /// @param salt The salt.
    /// @return `keccak256(keccak256(abi.encode(CLAIM, chainid, this, token, account, cumulative, salt)))`
    function leafOf(address token, address account, uint256 cumulative, bytes32 salt) public view returns (bytes32) {
        bytes32 inner = keccak256(abi.encode(_CLAIM, block.chainid, address(this), token, account, cumulative, salt));
        return keccak256(bytes.concat(inner));
    }

    function _pay(Claim calldata one, address recipient) private {
        (address token, address account, uint256 cumulative) = (one.token, one.account, one.cumulative);
        Standing storage standing = _standings[token];
        uint64 epoch = standing.epoch;
        // Nothing is active yet, or the member's proof is of an older root.
        if (epoch == 0 || one.epoch != epoch) revert RochdaleDistributorOtherEpoch(token, epoch, one.epoch);
        bytes32 leaf = leafOf(token, account, cumulative, one.salt);
        if (!MerkleProof.verifyCalldata(one.proof, standing.root, leaf)) {
            revert RochdaleDistributorBadProof(token, account);
        }
        uint256 before = _claimed[token][account];
        if (cumulative <= before) revert RochdaleDistributorNothingLeft(token, account, before);
        uint256 amount = cumulative - before;
        uint256 claimed = standing.claimed + amount;
        // A tree with two leaves of one account, or with more in it than it says, cannot pay more than was voted.
        if (claimed > standing.total) revert RochdaleDistributorOverTotal(token, standing.total, claimed);
        _claimed[token][account] = cumulative;
        standing.claimed = claimed;
        emit Claimed(token, account, recipient, cumulative, amount, epoch);
        IERC20(token).safeTransfer(recipient, amount);
    }

    function _pending(address token, uint64 epoch) private view returns (Queued storage found) {
        found = _queue[token][epoch];
        if (found.root == bytes32(0) || found.vetoed || epoch <= _standings[token].epoch) {
            revert RochdaleDistributorNotPending(token, epoch);
        }
    }
}
