// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

import {RochdaleDistributor} from "../src/RochdaleDistributor.sol";

/// @dev A plain token without approvals, which nothing here needs.
contract PlainToken {
    mapping(address holder => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external virtual returns (bool) {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
        return true;
    }
}

/// @dev Says that it paid, or that it did not, and never pays.
contract LyingToken is PlainToken {
    function transfer(address, uint256) external pure override returns (bool) {
        return false;
    }
}

/// @dev Answers nothing, as some old tokens do.
contract SilentToken {
    mapping(address holder => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }
}

/// @dev Claims again while it is asked to pay.
contract ReentrantToken is PlainToken {
    RochdaleDistributor.Claim internal again;
    bool public wasRefused;

    function arm(RochdaleDistributor.Claim calldata claim) external {
        again = claim;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
        try RochdaleDistributor(msg.sender).claim(again) {
            return false;
        } catch {
            wasRefused = true;
            return true;
        }
    }
}

/// @dev Keeps a tenth of each payment.
contract FeeToken is PlainToken {
    function transfer(address to, uint256 amount) external override returns (bool) {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount - amount / 10;
        return true;
    }
}

/// @dev A wallet that is a contract: whatever its owner says is right (ERC-1271).
contract ContractWallet {
    bytes32 internal approved;

    function approve(bytes32 digest) external {
        approved = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == approved ? this.isValidSignature.selector : bytes4(0);
    }
}
