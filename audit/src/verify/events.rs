//! The events of the proposal: each is what its facts say, and together they tell the story that the other records tell.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use governance::due_process::expelled;
use governance::event::{CloseReason, EventKind, payload};
use governance::hash::{Hash32, keccak256};
use governance::log::LogEntry;
use governance::record::Record;
use governance::secrecy::Tier;
use governance::tally::consent::{Judged, ObjectionStep, Taken};
use wire::bundle::{EventLine, Section, TallyLine};

use super::contests::Contested;
use super::executed::Executed;
use super::header::Header;
use super::joint::Joined;
use super::question::Question;
use super::stage::{Beside, Staged};
use super::words::{number, shown, small};
use crate::report::{At, Ledger, StageResult};

const OF_PROPOSAL: &str = "events happened to this proposal";
const PAYLOAD: &str = "facts are those that were hashed";
const ORDER: &str = "events stand in the order of the log";
const STORY: &str = "opening, close and result happened once each, in this order";
const LATE: &str = "voting went on after a late quorum, and after nothing else";
const HEARD: &str = "whom it would expel was told so and could reply before anyone voted";
const JUDGED: &str = "what became of objections follows from the steps taken";
const AGREE: &str = "events and records say the same";

/// An event that a decision has exactly once.
struct Once {
    line: u64,
    index: Option<u64>,
    /// The actor, then the facts.
    words: Vec<Hash32>,
}

impl Once {
    /// The fact at a place, from 0.
    fn fact(&self, place: usize) -> Hash32 {
        self.words.get(place.saturating_add(1)).copied().unwrap_or_default()
    }
}

/// The events, as far as they were read.
#[derive(Default)]
pub(super) struct Events {
    lines: u64,
    /// The place of the last event; the inner one is absent where it has none.
    last: Option<Option<u64>>,
    opened: Option<Once>,
    closed: Option<Once>,
    published: Option<Once>,
    extended: Option<Once>,
    /// The actions.
    executed: Executed,
    veiled: Option<Once>,
    /// Which stage of a decision it is.
    pub(super) staged: Staged,
    /// The proposals that it puts to one vote.
    joined: Joined,
    /// The line and the text of the tier that was chosen last.
    chosen: Option<(u64, Hash32)>,
    contested: Contested,
    /// Who was told that it would expel them, on which grounds and until when they could reply; and who replied.
    told: BTreeMap<(Hash32, Hash32), Hash32>,
    replied: BTreeSet<Hash32>,
    /// What became of objections.
    judged: Judged,
    /// The steps that made it, each with its line and place: the ballot, and who withdrew where somebody did.
    steps: Vec<(u64, Option<u64>, Hash32, Option<Hash32>)>,
}

impl Events {
    /// What became of objections in a vote by consent.
    pub(super) const fn judged(&self) -> &Judged {
        &self.judged
    }

    /// Takes in what was done about an objection; every step must follow from the one before.
    fn take_step(&mut self, ledger: &mut Ledger, at: At, line: &EventLine, question: Option<&Question>) {
        let [actor, ballot, step, ..] = line.facts.as_slice() else {
            return;
        };
        let step = ObjectionStep::ALL
            .into_iter()
            .find(|known| keccak256(known.name().as_bytes()) == *step);
        let before = self.judged.state(*ballot);
        let rule = question.and_then(|question| question.rule.as_ref());
        let appeals = rule.map_or(1, |rule| rule.counting.appeals());
        let by = *actor;
        let after = step.and_then(|step| self.judged.step(*ballot, Taken { step, by }, appeals));
        ledger.hold(at, JUDGED, after.is_some(), || {
            let step = step.map_or("an unknown step", ObjectionStep::name);
            format!("{step} does not follow where an objection is {}", before.name())
        });
        let withdrew = (step == Some(ObjectionStep::Withdraw)).then_some(*actor);
        self.steps
            .push((at.line.unwrap_or_default(), line.log_index, *ballot, withdrew));
    }

    /// Every step must be about an objection that was cast here, before voting closed; who raised one withdraws it.
    pub(super) fn finish_steps(&self, ledger: &mut Ledger, objectors: &HashMap<Hash32, Hash32>) {
        for (line, index, ballot, withdrew) in &self.steps {
            let at = At::log(Section::Event).line(*line);
            let objector = objectors.get(ballot);
            ledger.hold(at, JUDGED, objector.is_some(), || {
                "the step is about no objection that was cast here".to_owned()
            });
            let is_own = objector
                .zip(withdrew.as_ref())
                .is_none_or(|(objector, actor)| objector == actor);
            ledger.hold(at, JUDGED, is_own, || {
                "somebody else withdrew the objection than who raised it".to_owned()
            });
            let in_time = self
                .closed_index()
                .zip(*index)
                .is_none_or(|(closed, index)| index < closed);
            ledger.hold(at, JUDGED, in_time, || {
                "the step was taken after voting had closed".to_owned()
            });
        }
    }

    /// What was found beside the stage.
    pub(super) fn beside<'a>(
        &self,
        question: Option<&'a Question>,
        tally: Option<&'a TallyLine>,
        former: Option<&'a StageResult>,
    ) -> Beside<'a> {
        let place = |event: &Option<Once>| event.as_ref().and_then(|event| event.index);
        Beside {
            question,
            tally,
            opened: place(&self.opened),
            published: place(&self.published),
            is_executed: self.executed.is_any(),
            former,
        }
    }

    /// Compares the stage with what it follows, and options with the proposals that they were; that there is no event at all is said elsewhere.
    pub(super) fn check_stage(
        &self,
        ledger: &mut Ledger,
        question: Option<&Question>,
        tally: Option<&TallyLine>,
        former: Option<&StageResult>,
    ) {
        if self.lines > 0 {
            let beside = self.beside(question, tally, former);
            self.joined.finish(ledger, question, beside.opened);
            self.staged.finish(ledger, beside);
        }
    }

    /// Where the close stands in the log.
    pub(super) fn closed_index(&self) -> Option<u64> {
        self.closed.as_ref()?.index
    }

    /// Until when voting went on, if an event says that it did.
    pub(super) fn extended_until(&self) -> Option<u64> {
        small(self.extended.as_ref()?.fact(1))
    }

    /// Checks an event by itself, and gives its leaf in the log.
    pub(super) fn take(
        &mut self,
        ledger: &mut Ledger,
        at: At,
        line: EventLine,
        (header, question): (Option<&Header>, Option<&Question>),
    ) -> Hash32 {
        self.lines = self.lines.saturating_add(1);
        let record = &line.record;
        if let (Some(header), Some(question)) = (header, question) {
            let own = (header.line.namespace, question.line.record.proposal);
            ledger.hold(at, OF_PROPOSAL, (record.namespace, record.subject) == own, || {
                "the event happened to something else".to_owned()
            });
        }
        ledger.hold(at, PAYLOAD, payload(&line.facts) == record.payload, || {
            "the facts do not have the hash in the record".to_owned()
        });
        self.check_order(ledger, at, line.log_index);
        let leaf = LogEntry::of(record).leaf_hash();
        // A kind that this program does not know says nothing to it; what it knows keeps its facts for ever.
        if let Some(kind) = EventKind::from_code(record.kind) {
            if kind == EventKind::ActionExecuted {
                self.executed.take_action(ledger, at, &line.facts, question);
            } else if kind == EventKind::ProposalExecuted {
                self.executed.take_whole(ledger, at, &line.facts);
            } else if kind == EventKind::ObjectionJudged {
                self.take_step(ledger, at, &line, question);
            } else if kind == EventKind::StageBegun {
                self.staged.take(ledger, at, &line);
            } else if kind == EventKind::OptionJoined {
                self.joined.take(ledger, at, &line);
            }
            self.contested.take(ledger, at, kind, &line.facts);
            self.check_heard(ledger, at, (kind, &line), question);
            self.take_kind(ledger, at, kind, line);
        }
        leaf
    }

    fn check_order(&mut self, ledger: &mut Ledger, at: At, index: Option<u64>) {
        let follows = match (self.last, index) {
            (Some(Some(last)), Some(index)) => last < index,
            (Some(None), Some(_)) => false,
            (Some(_), None) | (None, _) => true,
        };
        ledger.hold(at, ORDER, follows, || {
            "the event stands no further back in the log than the one before".to_owned()
        });
        self.last = Some(index);
    }

    /// Voting on an expulsion opens only once the member was told the grounds, and replied or had the time to.
    fn check_heard(
        &mut self,
        ledger: &mut Ledger,
        at: At,
        (kind, line): (EventKind, &EventLine),
        question: Option<&Question>,
    ) {
        match (kind, line.facts.as_slice()) {
            (EventKind::NoticeGiven, [_, member, grounds, until]) => {
                self.told.insert((*member, *grounds), *until);
                // A reply to other grounds is none to these.
                self.replied.remove(member);
            }
            (EventKind::NoticeReplied, [member, _]) => {
                self.replied.insert(*member);
            }
            (EventKind::ProposalOpened, _) => {
                let Some(question) = question else { return };
                for (member, grounds) in expelled(&question.line.actions) {
                    let until = self.told.get(&(member.word(), keccak256(grounds.as_bytes())));
                    let is_heard = until
                        .is_some_and(|until| self.replied.contains(&member.word()) || *until <= number(line.record.at));
                    ledger.hold(at, HEARD, is_heard, || match until {
                        None => format!(
                            "{member} was not told before voting opened that this would expel them, on these grounds"
                        ),
                        Some(until) => {
                            format!("{member} could reply until {}, and voting opened before", shown(*until))
                        }
                    });
                }
            }
            (_, _) => {}
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table of kinds")]
    fn take_kind(&mut self, ledger: &mut Ledger, at: At, kind: EventKind, line: EventLine) {
        let expected = kind.facts().len().saturating_add(1);
        ledger.hold(at, PAYLOAD, line.facts.len() == expected, || {
            let name = kind.name();
            format!("{name} has {expected} words with its actor, not {}", line.facts.len())
        });
        let place = match kind {
            EventKind::ProposalOpened => &mut self.opened,
            EventKind::ProposalClosed => &mut self.closed,
            EventKind::ResultPublished => &mut self.published,
            EventKind::RollVeiled => &mut self.veiled,
            EventKind::SecrecyChosen => {
                let tier = line.facts.get(1).copied().unwrap_or_default();
                self.chosen = Some((at.line.unwrap_or_default(), tier));
                return;
            }
            EventKind::VotingExtended => &mut self.extended,
            EventKind::ProposalDrafted
            | EventKind::ProposalEdited
            | EventKind::ProposalSubmitted
            | EventKind::ProposalSponsored
            | EventKind::ProposalDiscussed
            | EventKind::OpeningScheduled
            | EventKind::OpeningUnscheduled
            | EventKind::OpeningRefused
            | EventKind::ObjectionJudged
            | EventKind::StageBegun
            | EventKind::AlternativeBegun
            | EventKind::AlternativeAdopted
            | EventKind::OptionJoined
            | EventKind::ObjectionRaised
            | EventKind::ObjectionEnded
            | EventKind::ProposalQueued
            | EventKind::ContestRaised
            | EventKind::ContestEnded
            | EventKind::NoticeGiven
            | EventKind::NoticeReplied
            | EventKind::ActionExecuted
            | EventKind::ProposalExecuted
            | EventKind::ExecutionFailed
            | EventKind::ProposalExpired
            | EventKind::CommentRemoved => return,
            EventKind::ProposalWithdrawn | EventKind::ProposalCancelled | EventKind::ProposalMerged => {
                ledger.hold(at, STORY, false, || {
                    format!("{}, and yet there is a result", kind.name())
                });
                return;
            }
            EventKind::CoopFounded
            | EventKind::CoopHalted
            | EventKind::CoopResumed
            | EventKind::PublicPageSet
            | EventKind::MemberAdmitted
            | EventKind::MemberRenamed
            | EventKind::StatusChanged
            | EventKind::RoleGranted
            | EventKind::RoleEnded
            | EventKind::KeyRegistered
            | EventKind::KeyEnded
            | EventKind::InvitationMade
            | EventKind::InvitationRevoked
            | EventKind::ApplicationMade
            | EventKind::ApplicationDecided
            | EventKind::LogRepaired
            | EventKind::DelegationGiven
            | EventKind::DelegationRevoked
            | EventKind::AccessKeyMade
            | EventKind::AccessKeyRevoked
            | EventKind::AccessPolicySet
            | EventKind::ToolSet
            | EventKind::ToolRetired
            | EventKind::ModelSet
            | EventKind::ModelRetired
            | EventKind::ToolKeyChanged
            | EventKind::UsageTotalled
            | EventKind::ModelProved
            | EventKind::UsageOwed
            | EventKind::LedgerAccountOpened
            | EventKind::JournalPosted
            | EventKind::RevenueRuleAdopted
            | EventKind::ContributionsSubmitted
            | EventKind::ContributionsSigned
            | EventKind::ContributionDisputed
            | EventKind::DisputeDecided
            | EventKind::PayoutCycleOpened
            | EventKind::PayoutCycleFrozen
            | EventKind::PayoutCycleComputed
            | EventKind::PayoutCycleVerified
            | EventKind::PayoutCycleProposed
            | EventKind::PayoutCycleApproved
            | EventKind::PayoutCyclePosted
            | EventKind::PayoutCycleCancelled
            | EventKind::TaxProfileSet
            | EventKind::PayeeChanged
            | EventKind::PayeeConfirmed
            | EventKind::BankAccountAdded
            | EventKind::PaymentsIssued
            | EventKind::PaymentFilePrepared
            | EventKind::PaymentFileReleased
            | EventKind::PaymentFileWithdrawn
            | EventKind::BankFileImported
            | EventKind::PaymentStated
            | EventKind::PaymentJudged
            | EventKind::PaymentCarried
            | EventKind::PayoutClosingAsked
            | EventKind::PayoutCycleClosed
            | EventKind::PayoutReversalAsked
            | EventKind::PayoutCycleReversed
            | EventKind::PayoutClosingWithdrawn
            | EventKind::PayoutReversalWithdrawn
            | EventKind::DistributorAdded
            | EventKind::ClaimRootMoved
            | EventKind::ForeignRootNoted
            | EventKind::ForeignRootEnded
            | EventKind::ClaimRootGiveUpAsked
            | EventKind::MoneyTermsSet
            | EventKind::SharesMoved
            | EventKind::ShareInterestCredited
            | EventKind::DocumentIssued
            | EventKind::PaymentReceived
            | EventKind::BillPrepared
            | EventKind::BillApproved
            | EventKind::BillPosted
            | EventKind::BillPaid
            | EventKind::BillCancelled
            | EventKind::YearClosed => {
                ledger.hold(at, OF_PROPOSAL, false, || {
                    format!("{} does not happen to a proposal", kind.name())
                });
                return;
            }
        };
        take_once(ledger, at, (kind, line), place);
    }

    /// Compares the events with each other and with the records.
    pub(super) fn finish(
        &self,
        ledger: &mut Ledger,
        question: Option<&Question>,
        tally: Option<&TallyLine>,
        reasons: Reasons,
    ) {
        // That there is none at all is said elsewhere.
        if self.lines == 0 {
            return;
        }
        let at = At::log(Section::Event);
        let story = [
            (&self.opened, EventKind::ProposalOpened),
            (&self.closed, EventKind::ProposalClosed),
            (&self.published, EventKind::ResultPublished),
        ];
        for (event, kind) in &story {
            ledger.hold(at, STORY, event.is_some(), || format!("there is no {}", kind.name()));
        }
        for [(before, first), (after, second)] in story.array_windows() {
            let (Some(before), Some(after)) = (before, after) else {
                continue;
            };
            // What has no place yet is said elsewhere.
            let turned = before
                .index
                .zip(after.index)
                .is_some_and(|(before, after)| before >= after);
            ledger.hold(at.line(after.line), STORY, !turned, || {
                format!("{} stands before {} in the log", second.name(), first.name())
            });
        }
        self.executed.finish(ledger, question, tally);
        let extension = reasons.extension;
        self.compare(ledger, question, tally, reasons);
        self.compare_extension(ledger, extension);
        if let Some(question) = question {
            self.compare_secrecy(ledger, question);
        }
    }

    /// A tier other than open was chosen by somebody, and pseudonyms stand for members who were counted when the roll was frozen.
    fn compare_secrecy(&self, ledger: &mut Ledger, question: &Question) {
        let (at, tier) = (At::log(Section::Event), question.tier);
        let (line, chosen) = self.chosen.unzip();
        let agrees = chosen.map_or(tier == Tier::Open, |text| text == keccak256(tier.name().as_bytes()));
        let place = line.map_or(at, |line| at.line(line));
        ledger.hold(place, AGREE, agrees, || {
            let name = tier.name();
            if chosen.is_some() {
                format!(
                    "the last secrecy_chosen names another tier than the proposal, which says that ballots are {name}"
                )
            } else {
                format!("there is no secrecy_chosen, and the proposal says that ballots are {name}")
            }
        });
        let place = self.veiled.as_ref().map_or(at, |veiled| at.line(veiled.line));
        ledger.hold(place, AGREE, self.veiled.is_some() == tier.hides_names(), || {
            if tier.hides_names() {
                "there is no roll_veiled, so nobody said which members stand behind the pseudonyms".to_owned()
            } else {
                "there is a roll_veiled, and yet the roll bears no pseudonyms".to_owned()
            }
        });
        if let Some(veiled) = &self.veiled {
            let count = question.line.record.roll_count;
            ledger.hold(
                at.line(veiled.line),
                AGREE,
                veiled.fact(1) == number(count.into()),
                || {
                    let members = shown(veiled.fact(1));
                    format!("roll_veiled says that {members} members stand behind {count} pseudonyms")
                },
            );
        }
    }

    /// Voting goes on exactly where the ballots say that the quorum was met late, unless it ended before its time anyway.
    fn compare_extension(&self, ledger: &mut Ledger, due: Option<(u64, u64)>) {
        let at = At::log(Section::Event);
        let Some(told) = &self.extended else {
            let on_time = keccak256(CloseReason::Time.name().as_bytes());
            let ended_early = self.closed.as_ref().is_some_and(|closed| closed.fact(1) != on_time);
            let at = self.closed.as_ref().map_or(at, |closed| at.line(closed.line));
            ledger.hold(at, LATE, due.is_none() || ended_early, || {
                let (ballot, until) = due.unwrap_or_default();
                format!("ballot {ballot} met the quorum so late that voting goes on until {until}, and it did not")
            });
            return;
        };
        let at = at.line(told.line);
        let is_due = due.is_some_and(|(ballot, until)| (told.fact(0), told.fact(1)) == (number(ballot), number(until)));
        ledger.hold(at, LATE, is_due, || {
            let (ballot, until) = (shown(told.fact(0)), shown(told.fact(1)));
            match due {
                None => format!("voting went on until {until}, and no quorum was met late"),
                Some((own, due)) => format!(
                    "voting went on until {until} because of ballot {ballot}; the ballots say until {due}, because of {own}"
                ),
            }
        });
        let indexes = told.index.zip(self.closed.as_ref().and_then(|closed| closed.index));
        ledger.hold(at, STORY, indexes.is_none_or(|(told, closed)| told < closed), || {
            "voting_extended stands behind proposal_closed in the log".to_owned()
        });
    }

    fn compare(&self, ledger: &mut Ledger, question: Option<&Question>, tally: Option<&TallyLine>, reasons: Reasons) {
        let at = At::log(Section::Event);
        if let (Some(opened), Some(question)) = (&self.opened, question) {
            let same = opened.fact(0) == question.hash;
            ledger.hold(at.line(opened.line), AGREE, same, || {
                "proposal_opened names another proposal than the one in this bundle".to_owned()
            });
        }
        if let Some(closed) = &self.closed {
            let why = |reason: CloseReason| closed.fact(1) == keccak256(reason.name().as_bytes());
            let known = why(CloseReason::Time)
                || (why(CloseReason::AllVoted) && reasons.everyone_voted)
                || (why(CloseReason::Settled) && reasons.is_settled);
            ledger.hold(at.line(closed.line), AGREE, known, || {
                let wrong = if why(CloseReason::AllVoted) {
                    "says that everyone on the roll had voted, and not everyone had"
                } else if why(CloseReason::Settled) {
                    "says that nothing could change the result any more; the rule does not end voting then, or it was still open"
                } else {
                    "gives a reason that there is not"
                };
                format!("proposal_closed {wrong}")
            });
        }
        let Some(tally) = tally else { return };
        let record = &tally.record;
        if let Some(closed) = &self.closed {
            let same = closed.fact(0) == number(record.log_to);
            ledger.hold(at.line(closed.line), AGREE, same, || {
                let (own, other) = (shown(closed.fact(0)), record.log_to);
                format!("proposal_closed names {own} as the last ballot, the tally's close marker is {other}")
            });
        }
        if let Some(published) = &self.published {
            let same = published.fact(0) == record.struct_hash();
            ledger.hold(at.line(published.line), AGREE, same, || {
                "result_published names another tally than the one in this bundle".to_owned()
            });
            let same = published.fact(1) == number(record.outcome.into());
            ledger.hold(at.line(published.line), AGREE, same, || {
                let (own, other) = (shown(published.fact(1)), record.outcome);
                format!("result_published names the outcome {own}, the tally {other}")
            });
        }
    }
}

/// Which reasons to close voting the ballots bear out.
#[derive(Clone, Copy)]
pub(super) struct Reasons {
    pub(super) everyone_voted: bool,
    pub(super) is_settled: bool,
    /// By which ballot and until when voting goes on.
    pub(super) extension: Option<(u64, u64)>,
}

/// Keeps an event that happens to a proposal at most once.
fn take_once(ledger: &mut Ledger, at: At, (kind, line): (EventKind, EventLine), place: &mut Option<Once>) {
    ledger.hold(at, STORY, place.is_none(), || {
        let first = place.as_ref().map_or(0, |first| first.line);
        format!("a second {}; the first is on line {first}", kind.name())
    });
    if place.is_none() {
        *place = Some(Once {
            line: at.line.unwrap_or_default(),
            index: line.log_index,
            words: line.facts,
        });
    }
}
