//! The records of payouts: what each member gets of a cycle, what the cycle comes to, what may be claimed on a chain, and what was counted.

use serde::{Deserialize, Serialize};

use super::Record;
use super::encode::Word;
use super::types::{record, solidity};
use crate::hash::Hash32;

record! {
    /// What one step of a revenue rule gave a member; an element of [`StatementV1`].
    StatementLineV1 {
        /// The step's name.
        step as "step": String,
        /// What the step shared among all, in units of 10^-8.
        shared as "shared": u64,
        /// The member's weight; 0 where the step weighs nobody.
        weight as "weight": u64,
        /// What the member got.
        amount as "amount": u64,
    }
}

record! {
    /// What one member gets of one payout cycle: a leaf of the tree that [`PayoutV1`] names.
    StatementV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The cycle's id as a word.
        cycle as "cycle": Hash32,
        /// The member's id as a word.
        member as "member": Hash32,
        /// The struct hashes of its [`StatementLineV1`]s, in the order of the rule's steps.
        lines as "lines": Vec<Hash32>,
        /// What was carried from before, in units of 10^-8; below zero where the member owed.
        before as "before": i64,
        /// What the rule gives.
        accrued as "accrued": u64,
        /// What is withheld.
        withheld as "withheld": u64,
        /// What is paid.
        paid as "paid": u64,
        /// What goes to a fund, since nobody claimed it.
        dormant as "dormant": u64,
        /// What is carried to the next cycle; below zero where the member owes.
        carried as "carried": i64,
        /// Whether what would be paid waits.
        is_held as "held": bool,
        /// The member's salt ([`crate::revenue::StatementHead`]).
        salt as "salt": Hash32,
    }
}

record! {
    /// A payout cycle that was posted: its digests, and the root over the statements of all its members.
    PayoutV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The cycle's id as a word.
        cycle as "cycle": Hash32,
        /// How its period is called.
        period as "period": String,
        /// The code of the currency (ISO 4217).
        currency as "currency": String,
        /// The struct hash of the [`super::RevenueRuleV1`].
        ruleset as "ruleset": Hash32,
        /// The digest of the cycle.
        digest as "digest": Hash32,
        /// The digest of what is paid.
        payout_digest as "payoutDigest": Hash32,
        /// The root of the tree of [`StatementV1`]s.
        statements as "statements": Hash32,
        /// How many members have one.
        members as "members": u64,
        /// What is paid in all, in units of 10^-8.
        total as "total": u128,
        /// The cycle's salt ([`crate::revenue::StatementHead`]).
        salt as "salt": Hash32,
    }
}

record! {
    /// A root by which members may claim on a chain: one that was released, or one that a contract shows and nobody released.
    ClaimRootV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The file of payments as a word; zero for a root that nobody released.
        file as "file": Hash32,
        /// The chain (EIP-155).
        chain_id as "chainId": u64,
        /// The address of the contract, as a word.
        distributor as "distributor": Hash32,
        /// The address of the token, as a word.
        token as "token": Hash32,
        /// Its epoch in the contract.
        epoch as "epoch": u64,
        /// The root of what each account may claim since the beginning.
        root as "root": Hash32,
        /// What they come to, in units of the token.
        total as "total": u128,
        /// SHA-256 of the list of claims; zero for a root that nobody released.
        content as "content": Hash32,
        /// The root over the statements of the cycle; zero for a root that nobody released.
        statements as "statements": Hash32,
        /// 32 random bytes.
        salt as "salt": Hash32,
    }
}

record! {
    /// A snapshot of contributions, as somebody brought it in.
    ContributionsV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The snapshot's id as a word.
        snapshot as "snapshot": Hash32,
        /// The member who brought it in, as a word.
        member as "member": Hash32,
        /// What is counted.
        metric as "metric": String,
        /// The first day, in days since 1 January 1970.
        first_day as "firstDay": i64,
        /// The last day.
        last_day as "lastDay": i64,
        /// SHA-256 over it and its lines ([`crate::revenue::contribution_digest`]).
        digest as "digest": Hash32,
        /// Until when it may be disputed, in seconds since 1970.
        challenge_until as "challengeUntil": u64,
        /// 32 random bytes.
        salt as "salt": Hash32,
    }
}
