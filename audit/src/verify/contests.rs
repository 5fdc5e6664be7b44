//! Who contests the result: nothing is executed meanwhile, or once it was set aside.

use std::collections::BTreeSet;

use governance::contest::ContestVerdict;
use governance::event::EventKind;
use governance::hash::{Hash32, keccak256};

use crate::report::{At, Ledger};

const CONTESTS: &str = "nothing is executed that is contested or set aside";

/// The contests, as far as their events were read.
#[derive(Default)]
pub(super) struct Contested {
    /// Who contests the result and was not answered yet.
    waiting: BTreeSet<Hash32>,
    is_set_aside: bool,
}

impl Contested {
    /// Nothing is executed while somebody contests the result, or once it was set aside; nobody is answered who did not ask.
    pub(super) fn take(&mut self, ledger: &mut Ledger, at: At, kind: EventKind, words: &[Hash32]) {
        match (kind, words) {
            (EventKind::ContestRaised, [member, _]) => {
                self.waiting.insert(*member);
            }
            (EventKind::ContestEnded, [steward, member, verdict, _]) => {
                let was_raised = self.waiting.remove(member);
                ledger.hold(at, CONTESTS, was_raised && steward != member, || {
                    if was_raised {
                        "a steward answered the own contest".to_owned()
                    } else {
                        "a contest was answered that nobody had raised".to_owned()
                    }
                });
                self.is_set_aside |= *verdict == keccak256(ContestVerdict::Upheld.name().as_bytes());
            }
            (EventKind::ActionExecuted | EventKind::ProposalExecuted, _) => {
                ledger.hold(at, CONTESTS, self.waiting.is_empty() && !self.is_set_aside, || {
                    if self.is_set_aside {
                        "it was executed although its result was set aside".to_owned()
                    } else {
                        "it was executed while its result was contested".to_owned()
                    }
                });
            }
            (_, _) => {}
        }
    }
}
