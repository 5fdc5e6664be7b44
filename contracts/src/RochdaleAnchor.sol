// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title RochdaleAnchor
/// @notice Keeps, for each co-op, an unbroken chain of links to the roots of its records, so that nobody, the operator
/// included, can later show two members two different pasts.
/// @dev The contract cannot be changed: it has no owner, no proxy and no way to pause. A new form is a new deployment, to which
/// a co-op moves by {close} with a successor; witness signatures, if they are ever asked for on chain, would arrive that way, so
/// no argument is held free for them here. Nothing about members is stored: only a namespace, counters and hashes.
contract RochdaleAnchor {
    /// @notice One anchor of one namespace.
    /// @param ns The namespace, as {open} returned it.
    /// @param seq The number of the anchor: 1 for the first, then one more each time.
    /// @param size How many records the anchor covers, counted from the beginning of the namespace.
    /// @param prev The link of the anchor before it; zero for the first.
    /// @param root The Merkle root over the records covered.
    struct Item {
        bytes32 ns;
        uint64 seq;
        uint64 size;
        bytes32 prev;
        bytes32 root;
    }

    /// @notice Where a namespace stands.
    /// @param seq The number of the newest anchor; 0 while there is none.
    /// @param size How many records the newest anchor covers.
    /// @param anchoredAt The timestamp of the block that holds the newest anchor, in seconds; 0 while there is none.
    /// @param closed Whether no further anchor is accepted.
    struct Head {
        uint64 seq;
        uint64 size;
        uint64 anchoredAt;
        bool closed;
    }

    /// @notice Who may act for a namespace.
    /// @param admin Names the admin and the poster and closes the namespace; can anchor nothing.
    /// @param poster Adds anchors; can do nothing else.
    /// @param successor Where the co-op anchors after closing; zero while open, or if it named none.
    struct Roles {
        address admin;
        address poster;
        address successor;
    }

    /// @notice A namespace was opened.
    event Opened(bytes32 indexed ns, address admin, address poster);

    /// @notice An anchor was added.
    event Anchored(bytes32 indexed ns, uint64 indexed seq, uint64 size, bytes32 root, bytes32 prev);

    /// @notice The roles of a namespace were given anew.
    event RolesSet(bytes32 indexed ns, address admin, address poster);

    /// @notice A namespace was closed; later anchors, if any, are in `successor`.
    event Closed(bytes32 indexed ns, address successor);

    /// @notice The caller opened this namespace before.
    error RochdaleAnchorAlreadyOpen(bytes32 ns);

    /// @notice Nobody opened this namespace.
    error RochdaleAnchorNotOpen(bytes32 ns);

    /// @notice The namespace takes no more anchors.
    error RochdaleAnchorClosed(bytes32 ns);

    /// @notice Only the poster of the namespace may do this.
    error RochdaleAnchorNotPoster(bytes32 ns, address caller);

    /// @notice Only the admin of the namespace may do this.
    error RochdaleAnchorNotAdmin(bytes32 ns, address caller);

    /// @notice A role cannot be given to the zero address.
    error RochdaleAnchorZeroAddress();

    /// @notice The number does not follow the newest anchor's.
    error RochdaleAnchorBadSeq(bytes32 ns, uint64 expected, uint64 given);

    /// @notice The previous link is not the newest anchor's.
    error RochdaleAnchorBadPrev(bytes32 ns, bytes32 expected, bytes32 given);

    /// @notice The anchor covers fewer records than the newest.
    error RochdaleAnchorShrinks(bytes32 ns, uint64 size, uint64 given);

    /// @dev The first word of every link, so that a link can never be taken for another hash.
    bytes32 private constant _LINK = keccak256("RochdaleAnchor.Link.V1");

    mapping(bytes32 ns => Head) private _heads;
    mapping(bytes32 ns => Roles) private _roles;
    mapping(bytes32 ns => mapping(uint64 seq => bytes32)) private _links;

    /// @notice Opens the namespace of the caller and `salt`.
    /// @dev The namespace is bound to the caller, so nobody can take another's, and it can be computed before anything is
    /// deployed.
    /// @param salt The co-op's id as a word.
    /// @param admin Who may name the poster and close the namespace; a multisig or a timelock.
    /// @param poster Who may anchor; a key that a server holds.
    /// @return ns `keccak256(abi.encode(msg.sender, salt))`.
    function open(bytes32 salt, address admin, address poster) external returns (bytes32 ns) {
        ns = keccak256(abi.encode(msg.sender, salt));
        Roles storage roles = _roles[ns];
        if (roles.admin != address(0)) revert RochdaleAnchorAlreadyOpen(ns);
        if (admin == address(0) || poster == address(0)) revert RochdaleAnchorZeroAddress();
        roles.admin = admin;
        roles.poster = poster;
        emit Opened(ns, admin, poster);
    }

    /// @notice Adds one anchor.
    /// @param item The anchor; refused unless it follows the newest one exactly.
    function anchor(Item calldata item) external {
        _anchor(item);
    }

    /// @notice Adds several anchors, of one namespace or of many; all are added or none is.
    /// @param items The anchors in order.
    function anchorMany(Item[] calldata items) external {
        for (uint256 index = 0; index < items.length; ++index) {
            _anchor(items[index]);
        }
    }

    /// @notice Gives both roles anew. Anchors already made stay as they are.
    /// @param ns The namespace.
    /// @param admin The next admin; may be the caller again.
    /// @param poster The next poster; may be the same again.
    function setRoles(bytes32 ns, address admin, address poster) external {
        Roles storage roles = _adminOf(ns);
        if (admin == address(0) || poster == address(0)) revert RochdaleAnchorZeroAddress();
        roles.admin = admin;
        roles.poster = poster;
        emit RolesSet(ns, admin, poster);
    }

    /// @notice Ends a namespace for good. Anchors already made stay as they are and can still be verified.
    /// @param ns The namespace.
    /// @param successor The contract in which the co-op goes on, or zero.
    function close(bytes32 ns, address successor) external {
        Roles storage roles = _adminOf(ns);
        _heads[ns].closed = true;
        roles.successor = successor;
        emit Closed(ns, successor);
    }

    /// @notice Whether `item` was anchored here and its root holds `leaf`.
    /// @param item The anchor as its event told it; its link is computed again and compared with the stored one.
    /// @param proof The siblings from the leaf to the root, of an OpenZeppelin standard-v1 tree.
    /// @param leaf The leaf, hashed twice as that format asks.
    /// @return True only if both hold. Nothing is in the empty tree, whose root is zero.
    function verify(Item calldata item, bytes32[] calldata proof, bytes32 leaf) external view returns (bool) {
        if (item.seq == 0 || item.root == bytes32(0)) return false;
        if (_links[item.ns][item.seq] != _linkOf(item)) return false;
        return MerkleProof.verifyCalldata(proof, item.root, leaf);
    }

    /// @notice Where a namespace stands.
    /// @param ns The namespace.
    /// @return The newest anchor's number, size and time, and whether the namespace is closed.
    function head(bytes32 ns) external view returns (Head memory) {
        return _heads[ns];
    }

    /// @notice The link of one anchor.
    /// @param ns The namespace.
    /// @param seq The number of the anchor.
    /// @return `keccak256(abi.encode(LINK, chainid, this, ns, seq, size, root, link(seq - 1)))`, or zero where there is none.
    function link(bytes32 ns, uint64 seq) external view returns (bytes32) {
        return _links[ns][seq];
    }

    /// @notice Who may act for a namespace.
    /// @param ns The namespace.
    /// @return The admin, the poster and the successor; all zero where nobody opened it.
    function rolesOf(bytes32 ns) external view returns (Roles memory) {
        return _roles[ns];
    }

    function _anchor(Item calldata item) private {
        address poster = _roles[item.ns].poster;
        if (poster == address(0)) revert RochdaleAnchorNotOpen(item.ns);
        if (msg.sender != poster) revert RochdaleAnchorNotPoster(item.ns, msg.sender);
        Head memory current = _heads[item.ns];
        if (current.closed) revert RochdaleAnchorClosed(item.ns);
        if (item.seq != current.seq + 1) revert RochdaleAnchorBadSeq(item.ns, current.seq + 1, item.seq);
        if (item.size < current.size) revert RochdaleAnchorShrinks(item.ns, current.size, item.size);
        bytes32 prev = _links[item.ns][current.seq];
        if (item.prev != prev) revert RochdaleAnchorBadPrev(item.ns, prev, item.prev);
        _links[item.ns][item.seq] = _linkOf(item);
        _heads[item.ns] = Head({seq: item.seq, size: item.size, anchoredAt: uint64(block.timestamp), closed: false});
        emit Anchored(item.ns, item.seq, item.size, item.root, item.prev);
    }

    function _adminOf(bytes32 ns) private view returns (Roles storage roles) {
        roles = _roles[ns];
        if (roles.admin == address(0)) revert RochdaleAnchorNotOpen(ns);
        if (msg.sender != roles.admin) revert RochdaleAnchorNotAdmin(ns, msg.sender);
        if (_heads[ns].closed) revert RochdaleAnchorClosed(ns);
    }

    function _linkOf(Item calldata item) private view returns (bytes32) {
        return
            keccak256(
                abi.encode(_LINK, block.chainid, address(this), item.ns, item.seq, item.size, item.root, item.prev)
            );
    }
}
