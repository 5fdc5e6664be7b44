//! One event of each kind, and the table of them in the documentation.

use super::*;
use crate::access::Used;
use crate::delegation::ScopeKind;
use crate::hash::keccak256;
use crate::id::{LedgerAccountId, PaymentStatementId};
use crate::ledger::{ClaimPlace, Currency};
use crate::record::Record as _;

mod treasury;

use treasury::{
    samples_of_books, samples_of_claims, samples_of_contributions, samples_of_money, samples_of_payments,
    samples_of_payouts, samples_of_revenue,
};

const DOCUMENTATION: &str = include_str!("../../../docs/record.md");

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn samples() -> Vec<Event<'static>> {
    let mut all = samples_of_membership();
    all.extend(samples_of_decisions());
    all.extend(samples_of_execution());
    all.extend(samples_of_delegation());
    all.extend(samples_of_the_way_of_a_decision());
    all.extend(samples_of_secrecy());
    all.extend(samples_of_access());
    all.extend(samples_of_books());
    all.extend(samples_of_revenue());
    all.extend(samples_of_contributions());
    all.extend(samples_of_payouts());
    all.extend(samples_of_payments());
    all.extend(samples_of_claims());
    all.extend(samples_of_money().map(Event::Money));
    all.sort_by_key(|event| event.kind().code());
    all
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn samples_of_access() -> Vec<Event<'static>> {
    let (coop, member, proposal) = (
        CoopId::from_uuid(id(6)),
        MemberId::from_uuid(id(1)),
        ProposalId::from_uuid(id(2)),
    );
    let (upstream, terms, at) = (UpstreamId::from_uuid(id(7)), keccak256(b"terms"), Timestamp(9));
    let (tool, model, key) = ("ours", "small", id(8));
    vec![
        Event::AccessKeyMade {
            member,
            key,
            expires_at: at,
        },
        Event::AccessKeyRevoked {
            member,
            key,
            ends_at: at,
        },
        Event::AccessPolicySet {
            coop,
            version: 1,
            policy: terms,
            effective_at: at,
            proposal,
        },
        Event::ToolSet {
            upstream,
            tool,
            terms,
            proposal,
        },
        Event::ToolRetired {
            upstream,
            tool,
            proposal,
        },
        Event::ModelSet {
            coop,
            model,
            terms,
            proposal,
        },
        Event::ModelRetired { coop, model, proposal },
        Event::ToolKeyChanged {
            upstream,
            tool,
            given: true,
        },
        Event::UsageTotalled {
            coop,
            total: Box::leak(Box::new(UsageTotal {
                model: String::from(model),
                days: [20_000, 20_003].into(),
                members: 5,
                used: Used {
                    calls: 9,
                    input_tokens: 80,
                    output_tokens: 70,
                    charged: 600,
                },
            })),
        },
        Event::UsageOwed {
            coop,
            number: 3,
            currency: "EUR",
            totals: (7, 9),
            members: 6,
            minor: 1_250,
            journal: Some(JournalId::from_uuid(id(7))),
        },
        Event::ModelProved {
            coop,
            model,
            terms,
            probes: 12,
        },
    ]
}

fn samples_of_secrecy() -> Vec<Event<'static>> {
    let proposal = ProposalId::from_uuid(id(2));
    vec![
        Event::SecrecyChosen {
            proposal,
            tier: Tier::Sealed,
        },
        Event::RollVeiled {
            proposal,
            electors: keccak256(b"hash"),
            members: 7,
        },
        Event::ObjectionJudged {
            proposal,
            ballot: keccak256(b"hash"),
            step: ObjectionStep::Dismiss,
            reason: Some("because"),
        },
        Event::StageBegun {
            proposal,
            number: 2,
            stages: 3,
            body: "office:auditor",
            former: keccak256(b"former"),
            tally: keccak256(b"tally"),
        },
        Event::AlternativeBegun {
            proposal,
            original: proposal,
        },
        Event::AlternativeAdopted {
            proposal,
            alternative: proposal,
            reason: "because",
        },
        Event::ProposalMerged {
            proposal,
            into: proposal,
            place: Some(2),
            reason: "because",
        },
        Event::OptionJoined {
            proposal,
            place: 1,
            alternative: proposal,
            text: keccak256(b"text"),
            actions: Hash32::ZERO,
            length: 12,
        },
    ]
}

fn samples_of_membership() -> Vec<Event<'static>> {
    let member = MemberId::from_uuid(id(1));
    let (invitation, application) = (InvitationId::from_uuid(id(3)), ApplicationId::from_uuid(id(4)));
    let key = VotingKeyId::from_uuid(id(5));
    let (reason, hash) = (Some("because"), keccak256(b"hash"));
    vec![
        Event::CoopFounded {
            coop: CoopId::from_uuid(id(6)),
            slug: "weavers",
            name: "The Weavers",
        },
        Event::CoopHalted {
            coop: CoopId::from_uuid(id(6)),
            until: Timestamp(9),
            reason: "because",
        },
        Event::CoopResumed {
            coop: CoopId::from_uuid(id(6)),
            reason: "because",
        },
        Event::MemberAdmitted {
            member,
            class: Class::Worker,
            way: Way::Invitation(invitation),
            name: "Ada",
        },
        Event::MemberRenamed { member, name: "Ada" },
        Event::StatusChanged {
            member,
            from: Status::Active,
            to: Status::Left,
            reason: None,
        },
        Event::RoleGranted {
            member,
            role: Role::Steward,
            reason,
        },
        Event::RoleEnded {
            member,
            role: Role::Steward,
            reason,
        },
        Event::KeyRegistered {
            member,
            key,
            registration: hash,
            proof: KeyProof::Message,
        },
        Event::KeyEnded { member, key },
        Event::InvitationMade {
            invitation,
            class: Class::User,
            expires_at: Timestamp(7),
        },
        Event::InvitationRevoked { invitation },
        Event::ApplicationMade {
            application,
            name: "Bo",
            statement: "Please",
        },
        Event::ApplicationDecided {
            application,
            admitted: Some(member),
            reason,
        },
    ]
}

fn samples_of_decisions() -> Vec<Event<'static>> {
    let (proposal, hash) = (ProposalId::from_uuid(id(2)), keccak256(b"hash"));
    vec![
        Event::ProposalDrafted {
            proposal,
            kind: "motion",
            bylaws_version: 1,
            text: hash,
            options: hash,
            seats: 0,
        },
        Event::ProposalEdited {
            proposal,
            text: hash,
            options: hash,
            seats: 2,
        },
        Event::ProposalDiscussed { proposal },
        Event::ProposalOpened {
            proposal,
            proposal_hash: hash,
        },
        Event::ProposalClosed {
            proposal,
            last_ballot: 9,
            why: CloseReason::AllVoted,
        },
        Event::ProposalWithdrawn {
            proposal,
            reason: "because",
        },
        Event::ProposalCancelled {
            proposal,
            reason: "because",
        },
        Event::ResultPublished {
            proposal,
            tally_hash: hash,
            outcome: Outcome::Passed,
        },
        Event::ProposalSubmitted { proposal },
        Event::ProposalSponsored { proposal },
    ]
}

fn samples_of_execution() -> Vec<Event<'static>> {
    let (proposal, hash) = (ProposalId::from_uuid(id(2)), keccak256(b"hash"));
    vec![
        Event::LogRepaired {
            coop: CoopId::from_uuid(id(6)),
            first_index: 3,
            end_index: 5,
            root: hash,
        },
        Event::ObjectionRaised {
            proposal,
            reason: "because",
        },
        Event::ObjectionEnded {
            proposal,
            objections: 2,
            stopped: true,
        },
        Event::ProposalQueued {
            proposal,
            execute_after: Timestamp(5),
            expires_at: Timestamp(9),
        },
        Event::ActionExecuted {
            proposal,
            index: 0,
            action: hash,
        },
        Event::ProposalExecuted { proposal, actions: 1 },
        Event::ExecutionFailed {
            proposal,
            reason: "because",
        },
        Event::ProposalExpired { proposal },
        Event::CommentRemoved {
            proposal,
            comment: CommentId::from_uuid(id(7)),
        },
    ]
}

fn samples_of_delegation() -> Vec<Event<'static>> {
    let hash = keccak256(b"hash");
    let whole = Scope {
        kind: ScopeKind::Coop,
        of: Hash32::ZERO,
    };
    vec![
        Event::DelegationGiven {
            truster: MemberId::from_uuid(id(1)),
            delegation: hash,
            trustee: Some(MemberId::from_uuid(id(2))),
            scope: whole,
        },
        Event::DelegationRevoked {
            truster: MemberId::from_uuid(id(1)),
            delegation: hash,
            scope: whole,
        },
    ]
}

fn samples_of_the_way_of_a_decision() -> Vec<Event<'static>> {
    let proposal = ProposalId::from_uuid(id(2));
    let reason = "because";
    vec![
        Event::OpeningScheduled {
            proposal,
            opens_at: Timestamp(5),
            closes_at: Timestamp(9),
        },
        Event::OpeningUnscheduled { proposal, reason },
        Event::OpeningRefused { proposal, reason },
        Event::VotingExtended {
            proposal,
            ballot: 9,
            closes_at: Timestamp(9),
        },
        Event::ContestRaised { proposal, reason },
        Event::ContestEnded {
            proposal,
            member: MemberId::from_uuid(id(1)),
            verdict: ContestVerdict::Upheld,
            reason,
        },
        Event::NoticeGiven {
            proposal,
            member: MemberId::from_uuid(id(1)),
            grounds: reason,
            reply_until: Timestamp(9),
        },
        Event::NoticeReplied {
            proposal,
            reply: reason,
        },
    ]
}

#[test]
fn each_kind_has_its_own_code_and_name_and_an_event_with_as_many_facts_as_it_names() {
    let samples = samples();
    let kinds: Vec<EventKind> = samples.iter().map(Event::kind).collect();
    assert_eq!(kinds, EventKind::ALL);
    for event in samples {
        let kind = event.kind();
        assert_eq!(EventKind::from_code(kind.code()), Some(kind));
        assert_eq!(event.words(None).len(), 1 + kind.facts().len(), "{}", kind.name());
        let alike = EventKind::ALL
            .iter()
            .filter(|other| other.name() == kind.name() || other.code() == kind.code());
        assert_eq!(alike.count(), 1, "{}", kind.name());
    }
    assert_eq!(EventKind::from_code(0), None);
}

#[test]
fn the_documentation_lists_every_kind_with_its_code_and_facts_and_no_other() {
    let rows: Vec<&str> = DOCUMENTATION
        .lines()
        .skip_while(|line| *line != "| Code | Kind | Subject | Facts after the actor |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    let documented: Vec<String> = rows
        .iter()
        .map(|row| row.rsplit_once(" | ").unwrap().0.to_owned())
        .collect();
    let subject = |event: &Event<'_>| match event.kind().code() {
        1..4 | 40 | 102 | 105 | 106 | 108..=110 | 122 | 150 | 152 | 160 | 180 => "co-op",
        10..20 | 60 | 61 | 100 | 101 | 134 | 135 | 170 => "member",
        103 | 104 | 107 => "tool",
        20 | 21 => "invitation",
        22 | 23 => "application",
        120 | 136 | 161 | 167 | 168 => "account of the books",
        121 => "transaction of the books",
        123..=125 | 183 => "snapshot of contributions",
        126..=133 | 137 | 144..=148 | 163 | 164 => "payout cycle",
        138..=140 | 162 | 169 => "file of payments",
        141 => "file of a bank",
        142 | 143 => "statement of a payment",
        151 => "move of shares",
        153 => "document",
        154 => "payment that came in",
        155..=159 => "supplier's bill",
        _ => "proposal",
    };
    let expected: Vec<String> = samples()
        .iter()
        .map(|event| {
            format!(
                "| {} | `{}` | {}",
                event.kind().code(),
                event.kind().name(),
                subject(event)
            )
        })
        .collect();
    assert_eq!(documented, expected);
    for (row, kind) in rows.iter().zip(EventKind::ALL) {
        let facts = row.rsplit_once(" | ").unwrap().1;
        let named: Vec<&str> = facts.split('`').skip(1).step_by(2).collect();
        let named: Vec<&str> = named.into_iter().filter(|name| kind.facts().contains(name)).collect();
        assert_eq!(named, kind.facts(), "{}", kind.name());
    }
}

#[test]
fn who_acted_what_happened_when_and_to_whom_all_change_the_record() {
    let member = MemberId::from_uuid(id(1));
    let renamed = Event::MemberRenamed { member, name: "Ada" };
    let hash = |event: Event<'_>, actor, at| {
        event
            .record(keccak256(b"ns"), actor, Timestamp(at), keccak256(b"salt"))
            .struct_hash()
    };
    let first = hash(renamed, Some(member), 1);
    assert_eq!(first, hash(renamed, Some(member), 1));
    for other in [
        hash(renamed, None, 1),
        hash(renamed, Some(member), 2),
        hash(Event::MemberRenamed { member, name: "Bo" }, Some(member), 1),
        hash(
            Event::MemberRenamed {
                member: MemberId::from_uuid(id(2)),
                name: "Ada",
            },
            Some(member),
            1,
        ),
        renamed
            .record(keccak256(b"ns"), Some(member), Timestamp(1), keccak256(b"other"))
            .struct_hash(),
    ] {
        assert_ne!(first, other);
    }
    let words = [member.word(), keccak256(b"Ada")];
    assert_eq!(
        renamed
            .record(Hash32::ZERO, Some(member), Timestamp(1), Hash32::ZERO)
            .payload,
        keccak256_words(&words)
    );
}
