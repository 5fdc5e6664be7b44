//! Which stage of a decision the proposal is, and that it follows from the one before.

use governance::body::Body;
use governance::hash::{Hash32, keccak256};
use governance::membership::{Class, Role};
use governance::record::Record as _;
use governance::rule::Outcome;
use wire::bundle::{EventLine, Section, TallyLine};

use super::question::Question;
use super::words::number;
use crate::report::{At, Ledger, StageFound, StageResult};

const STAGE: &str = "a stage is one of those of its decision and begins before voting opens";
const EXECUTES: &str = "the last stage alone is executed";
const FOLLOWS: &str = "a stage follows from the one before";
/// The most stages that a decision has.
const STAGES_MAX: u16 = 4;

/// What the event says that began the stage.
struct Told {
    line: u64,
    index: Option<u64>,
    number: Option<u16>,
    stages: Option<u16>,
    body: Hash32,
    former: Hash32,
    tally: Hash32,
}

/// The stage, as far as the events were read.
#[derive(Default)]
pub(super) struct Staged {
    told: Option<Told>,
}

/// What was found beside it.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub(super) question: Option<&'a Question>,
    pub(super) tally: Option<&'a TallyLine>,
    /// Where voting opened and where the result is in the log.
    pub(super) opened: Option<u64>,
    pub(super) published: Option<u64>,
    /// Whether any action was executed.
    pub(super) is_executed: bool,
    /// What the bundle of the former stage shows, if the auditor named it.
    pub(super) former: Option<&'a StageResult>,
}

/// The small number that a word is.
fn small(word: Hash32) -> Option<u16> {
    (1..=STAGES_MAX).find(|small| number(u64::from(*small)) == word)
}

/// The body whose name has this hash.
fn body_of(word: Hash32) -> Option<Body> {
    let classes = Class::ALL.iter().map(|class| Body::Class { class: *class });
    let offices = Role::ALL.iter().map(|role| Body::Office { role: *role });
    let mut all = std::iter::once(Body::Members).chain(classes).chain(offices);
    all.find(|body| keccak256(body.name().as_bytes()) == word)
}

impl Staged {
    /// Takes in the event that began the stage.
    pub(super) fn take(&mut self, ledger: &mut Ledger, at: At, line: &EventLine) {
        let [_, which, stages, body, former, tally] = line.facts.as_slice() else {
            return;
        };
        ledger.hold(at, STAGE, self.told.is_none(), || "a second stage_begun".to_owned());
        let told = Told {
            line: at.line.unwrap_or_default(),
            index: line.log_index,
            number: small(*which),
            stages: small(*stages),
            body: *body,
            former: *former,
            tally: *tally,
        };
        let is_one = told
            .number
            .zip(told.stages)
            .is_some_and(|(which, stages)| which <= stages && stages > 1);
        ledger.hold(at, STAGE, is_one, || {
            format!("stage_begun names a stage that there is not; a decision has from 2 to {STAGES_MAX}")
        });
        let is_first = told.number == Some(1);
        let follows = (told.former, told.tally) != (Hash32::ZERO, Hash32::ZERO);
        ledger.hold(at, FOLLOWS, is_first != follows, || {
            if is_first {
                "the first stage follows another one".to_owned()
            } else {
                "a later stage names none that it follows".to_owned()
            }
        });
        self.told = Some(told);
    }

    /// Compares with everything else that was read.
    pub(super) fn finish(&self, ledger: &mut Ledger, beside: Beside<'_>) {
        let at = At::log(Section::Event);
        let Some(told) = &self.told else {
            ledger.hold(at, FOLLOWS, beside.former.is_none(), || {
                "there is no stage_begun, and a former stage was named".to_owned()
            });
            return;
        };
        let at = at.line(told.line);
        let in_time = told
            .index
            .zip(beside.opened)
            .is_none_or(|(begun, opened)| begun < opened);
        ledger.hold(at, STAGE, in_time, || {
            "the stage began after voting had opened".to_owned()
        });
        let is_last = told.number == told.stages;
        ledger.hold(at, EXECUTES, is_last || !beside.is_executed, || {
            "actions were executed, and yet stages were to come".to_owned()
        });
        if let Some(former) = beside.former {
            told.compare(ledger, at, beside.question, former);
        }
    }

    /// What the report says of it.
    pub(super) fn found(&self) -> Option<StageFound> {
        let told = self.told.as_ref()?;
        Some(StageFound {
            number: told.number?,
            of: told.stages?,
            body: body_of(told.body).map(Body::name),
        })
    }

    /// What a later stage is compared with.
    pub(super) fn result(&self, beside: Beside<'_>) -> Option<StageResult> {
        let (question, tally) = (beside.question?, beside.tally?);
        Some(StageResult {
            stage: self.found(),
            proposal_hash: question.hash,
            tally_hash: tally.record.struct_hash(),
            asked: asked(question),
            is_passed: tally.outcome == Outcome::Passed,
            published: beside.published,
        })
    }

    /// What the events leave open.
    pub(super) fn doubts(&self, former: Option<&StageResult>) -> Vec<String> {
        let Some(told) = &self.told else { return Vec::new() };
        let mut doubts = Vec::new();
        if told.number > Some(1) && former.is_none() {
            doubts
                .push("that the stage before was carried and asked the same: name its bundle with --former".to_owned());
        }
        match body_of(told.body) {
            Some(Body::Members) => {}
            Some(body) => doubts.push(format!(
                "that the roll is of everybody in {} and of nobody else",
                body.name()
            )),
            None => doubts.push("who the body is that voted: this program knows none with that name".to_owned()),
        }
        doubts
    }
}

/// Text, options and actions: what stays the same from stage to stage.
fn asked(question: &Question) -> [Hash32; 3] {
    let record = &question.line.record;
    [record.text, record.options, record.actions]
}

impl Told {
    fn compare(&self, ledger: &mut Ledger, at: At, question: Option<&Question>, former: &StageResult) {
        let before = former.stage.as_ref().map(|stage| (stage.number, stage.of));
        let expected = self.number.and_then(|which| which.checked_sub(1)).zip(self.stages);
        let same = question.is_none_or(|question| asked(question) == former.asked);
        let in_order = former
            .published
            .zip(self.index)
            .is_none_or(|(published, begun)| published < begun);
        for (holds, wrong) in [
            (
                before.is_some() && before == expected,
                "the bundle named is not of the stage before",
            ),
            (
                self.former == former.proposal_hash,
                "stage_begun names another proposal as the stage before",
            ),
            (
                self.tally == former.tally_hash,
                "stage_begun names another result as that of the stage before",
            ),
            (former.is_passed, "the stage before was not carried"),
            (
                same,
                "the stage before asked something else: text, options or actions differ",
            ),
            (
                in_order,
                "the stage began before the result of the one before was published",
            ),
        ] {
            ledger.hold(at, FOLLOWS, holds, || wrong.to_owned());
        }
    }
}
