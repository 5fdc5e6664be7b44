//! Samples of what happens to books, rules, cycles, payments and claims.

use super::*;

pub fn samples_of_books() -> Vec<Event<'static>> {
    static ACCOUNT: std::sync::LazyLock<LedgerAccount> = std::sync::LazyLock::new(|| LedgerAccount {
        id: LedgerAccountId::from_uuid(id(7)),
        path: "assets:bank:main".parse().unwrap(),
        currency: Currency::money("EUR").unwrap(),
    });
    vec![
        Event::LedgerAccountOpened { account: &ACCOUNT },
        Event::JournalPosted {
            journal: JournalId::from_uuid(id(8)),
            number: 3,
            kind: JournalKind::Reversal,
            reverses: Some(JournalId::from_uuid(id(9))),
            digest: keccak256(b"digest"),
        },
    ]
}

pub fn samples_of_revenue() -> Vec<Event<'static>> {
    vec![Event::RevenueRuleAdopted {
        coop: CoopId::from_uuid(id(6)),
        version: 1,
        rule: keccak256(b"rule"),
        effective_at: Timestamp(9),
        proposal: ProposalId::from_uuid(id(2)),
    }]
}

pub fn samples_of_money() -> [MoneyEvent; 11] {
    let (coop, member) = (CoopId::from_uuid(id(6)), MemberId::from_uuid(id(1)));
    let journal = JournalId::from_uuid(id(13));
    let (bill, digest) = (crate::id::BillId::from_uuid(id(17)), keccak256(b"bill"));
    [
        MoneyEvent::TermsSet {
            coop,
            version: 1,
            terms: keccak256(b"terms"),
            proposal: ProposalId::from_uuid(id(2)),
        },
        MoneyEvent::SharesMoved {
            movement: crate::id::ShareMovementId::from_uuid(id(14)),
            kind: crate::money::ShareMove::Paid,
            member,
            shares: 5,
            amount: 25,
            journal,
        },
        MoneyEvent::InterestCredited {
            coop,
            year: 2025,
            total: 7,
            members: 3,
            journal,
        },
        MoneyEvent::DocumentIssued {
            document: crate::id::DocumentId::from_uuid(id(15)),
            kind: crate::money::DocumentKind::Invoice,
            digest: keccak256(b"document"),
            journal,
        },
        MoneyEvent::PaymentReceived {
            payment: crate::id::IncomingPaymentId::from_uuid(id(16)),
            member: Some(member),
            amount: 25,
            journal,
        },
        MoneyEvent::BillPrepared {
            bill,
            digest,
            approvals: 2,
        },
        MoneyEvent::BillApproved { bill, digest },
        MoneyEvent::BillPosted { bill, journal, digest },
        MoneyEvent::BillPaid { bill, journal },
        MoneyEvent::BillCancelled {
            bill,
            reason: keccak256(b"because"),
        },
        MoneyEvent::YearClosed {
            coop,
            year: 2025,
            digest,
            journal: Some(journal),
        },
    ]
}

pub fn samples_of_contributions() -> Vec<Event<'static>> {
    let (digest, reason) = (keccak256(b"digest"), "because");
    let of = |happened| Event::Contributions(ContributionId::from_uuid(id(10)), happened);
    vec![
        of(ContributionEvent::Submitted {
            metric: "hours",
            digest,
            challenge_until: Timestamp(9),
            replaces: Some(ContributionId::from_uuid(id(12))),
        }),
        of(ContributionEvent::Signed {
            record: keccak256(b"record"),
            registration: keccak256(b"registration"),
            signature: b"signature",
        }),
        of(ContributionEvent::Disputed { reason }),
        of(ContributionEvent::DisputeDecided {
            member: MemberId::from_uuid(id(1)),
            upheld: true,
            reason,
        }),
    ]
}

pub fn samples_of_payouts() -> Vec<Event<'static>> {
    let cycle = PayoutCycleId::from_uuid(id(11));
    let (digest, payout_digest) = (keccak256(b"digest"), keccak256(b"paid"));
    let reason = "because";
    vec![
        Event::PayoutCycleOpened {
            cycle,
            period: "2026-Q3",
            rule: keccak256(b"rule"),
            word: keccak256(b"word"),
        },
        Event::PayoutCycleFrozen {
            cycle,
            revenue: 100,
            members: 3,
            journal_upto: 7,
        },
        Event::PayoutCycleComputed {
            cycle,
            digest,
            payout_digest,
        },
        Event::PayoutCycleVerified {
            cycle,
            digest,
            payout_digest,
        },
        Event::PayoutCycleProposed {
            cycle,
            digest,
            approvals: 2,
        },
        Event::PayoutCycleApproved {
            cycle,
            digest,
            payout_digest,
        },
        Event::PayoutCyclePosted {
            cycle,
            journal: JournalId::from_uuid(id(8)),
            digest,
        },
        Event::PayoutCycleCancelled { cycle, reason },
        Event::TaxProfileSet {
            member: MemberId::from_uuid(id(1)),
            number: 2,
        },
        Event::PublicPageSet {
            coop: CoopId::from_uuid(id(6)),
            version: 3,
            shown: "members,decisions",
            about: "We weave.",
        },
    ]
}

pub fn samples_of_payments() -> Vec<Event<'static>> {
    let (cycle, member) = (PayoutCycleId::from_uuid(id(11)), MemberId::from_uuid(id(1)));
    let (file, digest) = (PaymentFileId::from_uuid(id(12)), keccak256(b"file"));
    vec![
        Event::PayeeChanged {
            member,
            version: 2,
            rail: "bank",
            digest,
            usable_at: Timestamp(9),
        },
        Event::PayeeConfirmed { member, version: 2 },
        Event::BankAccountAdded {
            account: LedgerAccountId::from_uuid(id(7)),
            iban: "NL41MOCK0000000001",
        },
        Event::PaymentsIssued {
            cycle,
            journal: JournalId::from_uuid(id(8)),
            payments: 3,
            total: 900,
        },
        Event::PaymentFilePrepared {
            file,
            cycle,
            message: "MESSAGE",
            digest,
            transfers: 2,
            total: 700,
        },
        Event::PaymentFileReleased { file, digest },
        Event::PaymentFileWithdrawn {
            file,
            reason: "because",
        },
        Event::BankFileImported {
            file: BankFileId::from_uuid(id(13)),
            digest,
            kind: "camt.053",
            items: 4,
        },
        Event::Settlement(SettlementEvent::Stated {
            statement: PaymentStatementId::from_uuid(id(14)),
            cycle,
            member,
            outcome: "paid",
            document: digest,
        }),
        Event::Settlement(SettlementEvent::Judged {
            statement: PaymentStatementId::from_uuid(id(14)),
            is_right: true,
        }),
        Event::Settlement(SettlementEvent::Carried {
            cycle,
            member,
            reason: "because",
        }),
        Event::Settlement(SettlementEvent::ClosingAsked { cycle }),
        Event::Settlement(SettlementEvent::Closed { cycle }),
        Event::Settlement(SettlementEvent::ReversalAsked {
            cycle,
            reason: "because",
        }),
        Event::Settlement(SettlementEvent::Reversed {
            cycle,
            journal: JournalId::from_uuid(id(8)),
        }),
        Event::Settlement(SettlementEvent::ClosingWithdrawn { cycle }),
        Event::Settlement(SettlementEvent::ReversalWithdrawn { cycle }),
    ]
}

pub fn samples_of_claims() -> Vec<Event<'static>> {
    let file = PaymentFileId::from_uuid(id(12));
    vec![
        Event::Claims(ClaimEvent::DistributorAdded {
            account: LedgerAccountId::from_uuid(id(12)),
            place: ClaimPlace {
                chain_id: 31_337,
                distributor: [1; 20],
                token: [2; 20],
            },
            digits: 6,
        }),
        Event::Claims(ClaimEvent::RootMoved {
            file,
            state: "active",
            epoch: 1,
            block: 2,
        }),
        Event::Claims(ClaimEvent::ForeignRootNoted {
            account: LedgerAccountId::from_uuid(id(12)),
            epoch: 1,
            root: keccak256(b"root"),
            block: 2,
        }),
        Event::Claims(ClaimEvent::ForeignRootEnded {
            account: LedgerAccountId::from_uuid(id(12)),
            epoch: 1,
            block: 3,
        }),
        Event::Claims(ClaimEvent::GiveUpAsked {
            file,
            reason: "because",
        }),
    ]
}
