//! Record types that are reserved: their names are taken, and nothing writes them yet. A field may still change until the first
//! record of a type is written; afterwards a change needs a new name, as for any other type.

use serde::{Deserialize, Serialize};

use super::Record;
use super::encode::Word;
use super::types::{record, solidity};
use crate::hash::Hash32;

record! {
    /// Reserved: a second person approves exactly what a digest stands for.
    ApprovalV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// What is approved, as a word.
        subject as "subject": Hash32,
        /// The digest of its content; an approval of other content is another approval.
        digest as "digest": Hash32,
        /// The member who approves, as a word.
        approver as "approver": Hash32,
        /// 32 random bytes.
        salt as "salt": Hash32,
    }
}

record! {
    /// Reserved: a member has no objection to a proposal.
    ConsentV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The proposal's id as a word.
        proposal as "proposal": Hash32,
        /// The struct hash of the [`super::ProposalV1`].
        proposal_hash as "proposalHash": Hash32,
        /// The member's id as a word.
        member as "member": Hash32,
        /// 1 for a member's first answer to a proposal, then one more each time.
        revision as "revision": u64,
        /// 1 consents, 2 stands aside.
        stance as "stance": u8,
        /// 32 random bytes made by the member.
        salt as "salt": Hash32,
    }
}

record! {
    /// Reserved: a member objects to a proposal.
    ObjectionV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The proposal's id as a word.
        proposal as "proposal": Hash32,
        /// The struct hash of the [`super::ProposalV1`].
        proposal_hash as "proposalHash": Hash32,
        /// The member's id as a word.
        member as "member": Hash32,
        /// 1 for a member's first answer to a proposal, then one more each time.
        revision as "revision": u64,
        /// The hash of the reason given.
        reason as "reason": Hash32,
        /// 32 random bytes made by the member.
        salt as "salt": Hash32,
    }
}

record! {
    /// Reserved: one step of a revenue rule; an element of [`RevenueRuleV1`].
    StepV1 {
        /// The step's name in the rule.
        step as "step": String,
        /// What it does, by name.
        operation as "operation": String,
        /// The pool it takes from.
        source as "source": String,
        /// The pool or the members it gives to.
        target as "target": String,
        /// A fixed amount in the smallest unit of the rule; zero where it takes a share.
        amount as "amount": u128,
        /// The share's upper term.
        share as "share": u64,
        /// The share's lower term; zero where there is no share.
        whole as "whole": u64,
        /// The hash of whatever else the operation needs; zero where that is nothing.
        details as "details": Hash32,
    }
}

record! {
    /// Reserved: one version of the rule by which revenue becomes reserves and members' shares.
    RevenueRuleV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// 1 for the first version.
        version as "version": u64,
        /// The struct hash of the version before; zero for the first.
        supersedes as "supersedes": Hash32,
        /// The code of the currency (ISO 4217).
        currency as "currency": String,
        /// How many decimals amounts have.
        exponent as "exponent": u8,
        /// From when it applies, in seconds since 1970.
        effective_from as "effectiveFrom": u64,
        /// The struct hashes of its [`StepV1`]s in order.
        steps as "steps": Vec<Hash32>,
        /// 32 random bytes.
        salt as "salt": Hash32,
    }
}
