//! The record types. The macro keeps the type string, the fields and their order in one place, so that they cannot drift apart.

use serde::{Deserialize, Serialize};

use super::Record;
use super::encode::Word;
use crate::hash::Hash32;

macro_rules! solidity {
    (Hash32) => {
        "bytes32"
    };
    (String) => {
        "string"
    };
    (bool) => {
        "bool"
    };
    (u8) => {
        "uint8"
    };
    (u16) => {
        "uint16"
    };
    (u32) => {
        "uint32"
    };
    (u64) => {
        "uint64"
    };
    (u128) => {
        "uint128"
    };
    (i64) => {
        "int64"
    };
    (Vec<$inner:ident>) => {
        concat!(solidity!($inner), "[]")
    };
}

macro_rules! record {
    (
        $(#[$doc:meta])*
        $name:ident {
            $(#[$first_doc:meta])* $first:ident as $first_name:literal : $first_kind:ident $(<$first_inner:ident>)?,
            $($(#[$field_doc:meta])* $field:ident as $field_name:literal : $kind:ident $(<$inner:ident>)?,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(#[$first_doc])* pub $first: $first_kind $(<$first_inner>)?,
            $($(#[$field_doc])* pub $field: $kind $(<$inner>)?,)*
        }

        impl Record for $name {
            const TYPE: &'static str = concat!(
                stringify!($name), "(",
                solidity!($first_kind $(<$first_inner>)?), " ", $first_name,
                $(",", solidity!($kind $(<$inner>)?), " ", $field_name,)*
                ")"
            );

            fn words(&self) -> Vec<Hash32> {
                vec![self.$first.word(), $(self.$field.word(),)*]
            }
        }
    };
}

pub(super) use {record, solidity};

record! {
    /// A question as it was put to the members, fixed when voting opens.
    ProposalV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The proposal's id as a word.
        proposal as "proposal": Hash32,
        /// The hash of its texts: title, then body ([`super::texts_hash`]).
        text as "text": Hash32,
        /// The hash of the options' texts in order ([`super::texts_hash`]).
        options as "options": Hash32,
        /// The hashes of its [`ActionV1`]s in order, laid end to end and hashed; zero where it has none.
        actions as "actions": Hash32,
        /// The struct hash of its [`RuleV1`].
        rule as "rule": Hash32,
        /// The root of the roll.
        roll as "roll": Hash32,
        /// How many members are on the roll.
        roll_count as "rollCount": u32,
        /// The sum of their weights.
        roll_weight as "rollWeight": u128,
        /// When voting opens, in seconds since 1970.
        opens_at as "opensAt": u64,
        /// When voting closes, in seconds since 1970.
        closes_at as "closesAt": u64,
        /// The secrecy tier: 0 open.
        secrecy as "secrecy": u8,
        /// 32 random bytes.
        salt as "salt": Hash32,
    }
}

record! {
    /// One choice of one member.
    BallotV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The proposal's id as a word.
        proposal as "proposal": Hash32,
        /// The struct hash of the [`ProposalV1`], so that a ballot binds to the text it answers.
        proposal_hash as "proposalHash": Hash32,
        /// The member's id as a word.
        voter as "voter": Hash32,
        /// 1 for a member's first ballot in a proposal, then one more each time.
        revision as "revision": u64,
        /// The options chosen; see [`crate::ballot`].
        options as "options": Vec<u16>,
        /// What each chosen option is given; see [`crate::ballot`].
        points as "points": Vec<u32>,
        /// The hash of the reason given, zero where none is.
        reason as "reason": Hash32,
        /// 32 random bytes made by the voter.
        salt as "salt": Hash32,
    }
}

record! {
    /// A member lets another one vote where the member does not.
    DelegationV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The member who trusts, as a word.
        truster as "truster": Hash32,
        /// The member who is trusted, as a word; zero says that nobody is.
        trustee as "trustee": Hash32,
        /// How far it reaches: 1 the co-op, 2 a kind of decision, 3 a proposal.
        scope_kind as "scopeKind": u8,
        /// Which one: zero, the hash of the kind's name, or the proposal's id as a word.
        scope as "scope": Hash32,
        /// From when on it holds no more, in seconds since 1970; zero takes it back, and what reaches further speaks again.
        valid_until as "validUntil": u64,
        /// 1 for a member's first delegation of a scope, then one more each time.
        revision as "revision": u64,
        /// 32 random bytes made by the truster.
        salt as "salt": Hash32,
    }
}

record! {
    /// The holder of a member's proxy votes for that member alone, whatever the holder's own ballot says.
    ProxyBallotV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The proposal's id as a word.
        proposal as "proposal": Hash32,
        /// The struct hash of the [`ProposalV1`].
        proposal_hash as "proposalHash": Hash32,
        /// The member who votes, as a word.
        holder as "holder": Hash32,
        /// The member for whom, as a word.
        member as "member": Hash32,
        /// 1 for the holder's first ballot for this member in a proposal, then one more each time.
        revision as "revision": u64,
        /// The options chosen; see [`crate::ballot`].
        options as "options": Vec<u16>,
        /// What each chosen option is given; see [`crate::ballot`].
        points as "points": Vec<u32>,
        /// 32 random bytes.
        salt as "salt": Hash32,
    }
}

record! {
    /// The count of one proposal.
    TallyV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The proposal's id as a word.
        proposal as "proposal": Hash32,
        /// The struct hash of the [`ProposalV1`].
        proposal_hash as "proposalHash": Hash32,
        /// The root of the roll.
        roll as "roll": Hash32,
        /// The root of the counted ballots.
        ballots as "ballots": Hash32,
        /// How many ballots were counted.
        ballot_count as "ballotCount": u32,
        /// The sum of their weights.
        weight as "weight": u128,
        /// Motion: yes, no, abstain, blank. Election: each candidate's last total, times `scale`.
        counts as "counts": Vec<u128>,
        /// 1 passed, 2 rejected, 3 no quorum, 4 tied.
        outcome as "outcome": u8,
        /// The server sequence of the first ballot of the proposal; 0 where there is none.
        log_from as "logFrom": u64,
        /// The close marker: the server sequence up to which ballots count; 0 where there is none.
        log_to as "logTo": u64,
        /// The root of the delegations used; zero where there are none.
        delegations as "delegations": Hash32,
        /// The hash of the count's stages; zero for a motion.
        certificate as "certificate": Hash32,
        /// What `counts` are multiplied by: 1 for a motion, 100000 for Scottish STV.
        scale as "scale": u64,
        /// 32 random bytes.
        salt as "salt": Hash32,
    }
}

record! {
    /// A decision rule as data.
    RuleV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The method's name: [`crate::ballot::Method::name`].
        method as "method": String,
        /// Places to fill; 1 where the method fills one, 0 for a budget.
        seats as "seats": u16,
        /// What breaks a tie: 0 none can arise; 1 the lot; 2 nothing, it stays tied.
        tie as "tie": u8,
        /// What else the method needs to know, in an order of its own.
        parameters as "parameters": Vec<u64>,
        /// What the quorum counts: 1 all ballots; 2 yes and no; 3 yes, no and abstain; 4 yes and abstain; 5 yes; 0 without one.
        quorum_counts as "quorumCounts": u8,
        /// What is enough: 1 a share of the roll, 2 a fixed number, 3 one and a half times the root of the roll, 0 anything.
        quorum_base as "quorumBase": u8,
        /// The share's upper term, or the number.
        quorum_share as "quorumShare": u64,
        /// The share's lower term.
        quorum_whole as "quorumWhole": u64,
        /// What a majority is a share of: 1 yes and no; 2 yes, no and abstain; 3 all ballots; 4 the roll; 0 without one.
        majority_base as "majorityBase": u8,
        /// The share's upper term.
        majority_share as "majorityShare": u64,
        /// The share's lower term.
        majority_whole as "majorityWhole": u64,
        /// Whether the share must be exceeded (true) or reached (false).
        majority_strict as "majorityStrict": bool,
        /// The least weight of yes votes.
        majority_min as "majorityMin": u64,
        /// The struct hashes of its [`ConditionV1`]s in order.
        conditions as "conditions": Vec<Hash32>,
        /// Whether the first ballot of a member is the last.
        ballots_final as "ballotsFinal": bool,
        /// Whether voting ends once the result is settled.
        early as "early": bool,
        /// How long voting goes on at least after the quorum was first met, in seconds.
        late_quorum_seconds as "lateQuorumSeconds": u64,
        /// How long a proposal must be before the members before voting opens, in seconds.
        notice_seconds as "noticeSeconds": u64,
        /// The most weight of others that one member may carry by delegation; 0 bounds nothing.
        carried_max as "carriedMax": u64,
        /// 32 random bytes.
        salt as "salt": Hash32,
    }
}

record! {
    /// How many must, or may, give one answer; an element of [`RuleV1`].
    ConditionV1 {
        /// The answer: 0 yes, 1 no, 2 abstain, 3 blank.
        answer as "answer": u8,
        /// 1 at least, 2 no more than.
        bound as "bound": u8,
        /// What the share is of: 1 all ballots, 2 the roll.
        base as "base": u8,
        /// The share's upper term.
        share as "share": u64,
        /// The share's lower term.
        whole as "whole": u64,
    }
}

record! {
    /// The bylaws of one kind of decision; an element of [`BylawsV1`].
    KindV1 {
        /// The name of the kind of decision.
        kind as "kind": String,
        /// The struct hash of its [`RuleV1`] with a zero salt.
        rule as "rule": Hash32,
        /// How long it must be discussed before voting opens, in seconds.
        discussion_seconds as "discussionSeconds": u64,
        /// The shortest time voting may last, in seconds.
        voting_seconds_min as "votingSecondsMin": u64,
        /// The longest time voting may last, in seconds.
        voting_seconds_max as "votingSecondsMax": u64,
        /// Whether a steward may close early once everyone on the roll has voted.
        close_when_all_voted as "closeWhenAllVoted": bool,
        /// How many members must sponsor a proposal before it is discussed.
        sponsors as "sponsors": u16,
        /// How long members may object to what was carried, in seconds; 0 where they may not.
        objection_seconds as "objectionSeconds": u64,
        /// How many objections stop it.
        objectors as "objectors": u16,
        /// How long what was carried waits before it is executed, in seconds.
        timelock_seconds as "timelockSeconds": u64,
        /// How long it may be executed after that, in seconds.
        execution_seconds as "executionSeconds": u64,
    }
}

record! {
    /// What a proposal does by itself once it is carried; bound to it by [`ProposalV1`].
    ActionV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The option that must be elected, from 1; 0 where the proposal must be carried.
        option as "option": u16,
        /// The kind of action, by name.
        action as "action": String,
        /// The version of its form.
        version as "version": u16,
        /// The member or the application it is about, as a word; zero where it is about neither.
        subject as "subject": Hash32,
        /// The facts of the kind in their order; texts as their Keccak-256.
        facts as "facts": Vec<Hash32>,
    }
}

record! {
    /// One version of a co-op's bylaws.
    BylawsV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// 1 for the first version.
        version as "version": u64,
        /// The struct hashes of its [`KindV1`]s, sorted by the name of the kind.
        kinds as "kinds": Vec<Hash32>,
        /// How new members join: 0 by invitation, 1 by application too.
        admission as "admission": u8,
        /// When this version was adopted, in seconds since 1970.
        adopted_at as "adoptedAt": u64,
        /// 32 random bytes.
        salt as "salt": Hash32,
    }
}

record! {
    /// A member registers a key that will sign ballots.
    KeyRegistrationV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The member's id as a word.
        member as "member": Hash32,
        /// The kind of signature: 1 wallet, 4 Ed25519.
        kind as "kind": u8,
        /// An Ed25519 public key, or a wallet's address padded on the left.
        public_key as "publicKey": Hash32,
        /// 32 random bytes made by the member.
        salt as "salt": Hash32,
    }
}

record! {
    /// The server's acknowledgement that it stored a record.
    ReceiptV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// What the record is about, as a word: for a ballot, the proposal.
        subject as "subject": Hash32,
        /// The struct hash of the stored record.
        record_hash as "recordHash": Hash32,
        /// The server's sequence number.
        sequence as "sequence": u64,
        /// When it was stored, in seconds since 1970.
        at as "at": u64,
        /// The salt of the stored record.
        salt as "salt": Hash32,
    }
}

record! {
    /// Something that happened in a co-op.
    EventV1 {
        /// The co-op's namespace.
        namespace as "ns": Hash32,
        /// The kind of event: [`crate::event::EventKind::code`].
        kind as "kind": u16,
        /// What it happened to, as a word.
        subject as "subject": Hash32,
        /// The hash of its facts: [`crate::event::payload`].
        payload as "payload": Hash32,
        /// When, in seconds since 1970.
        at as "at": u64,
        /// 32 random bytes.
        salt as "salt": Hash32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_strings_are_the_published_ones() {
        assert_eq!(
            BallotV1::TYPE,
            "BallotV1(bytes32 ns,bytes32 proposal,bytes32 proposalHash,bytes32 voter,uint64 revision,uint16[] options,\
             uint32[] points,bytes32 reason,bytes32 salt)"
        );
        assert_eq!(
            KeyRegistrationV1::TYPE,
            "KeyRegistrationV1(bytes32 ns,bytes32 member,uint8 kind,bytes32 publicKey,bytes32 salt)"
        );
    }
}
