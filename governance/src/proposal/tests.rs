use super::*;

const STEWARD: Asker = Asker {
    is_author: false,
    is_steward: true,
};
const AUTHOR: Asker = Asker {
    is_author: true,
    is_steward: false,
};
const MEMBER: Asker = Asker {
    is_author: false,
    is_steward: false,
};

fn facts(state: State) -> Facts {
    Facts {
        state,
        now: Timestamp(1_000),
        discussed_at: Some(Timestamp(900)),
        closes_at: Some(Timestamp(2_000)),
        roll_count: 3,
        voted: 0,
        is_settled: false,
        sponsors: 0,
        objections: 0,
        objection_until: Some(Timestamp(3_000)),
        has_actions: true,
        execute_after: Some(Timestamp(900)),
        expires_at: Some(Timestamp(4_000)),
        is_contested: false,
        periods: Periods {
            discussion: 100,
            voting_min: 10,
            voting_max: 1_000,
            close_when_all_voted: false,
            sponsors: 0,
            objection: 0,
            objectors: 2,
        },
    }
}

#[test]
fn every_step_from_every_state_is_decided() {
    let open = Step::Open {
        closes_at: Timestamp(1_500),
    };
    let steps = [
        (Step::Discuss, AUTHOR, vec![State::Draft], State::Discussion),
        (open, STEWARD, vec![State::Discussion], State::Open),
        (
            Step::Withdraw,
            AUTHOR,
            vec![State::Draft, State::Admission, State::Discussion],
            State::Withdrawn,
        ),
        (
            Step::Cancel,
            STEWARD,
            vec![State::Draft, State::Admission, State::Discussion, State::Open],
            State::Cancelled,
        ),
        (Step::Sponsor, MEMBER, vec![State::Admission], State::Discussion),
        (Step::Adopt, AUTHOR, vec![State::Discussion], State::Discussion),
        (
            Step::Merge,
            MEMBER,
            vec![State::Admission, State::Discussion],
            State::Merged,
        ),
        (Step::Join, STEWARD, vec![State::Discussion], State::Merged),
        (
            Step::Publish {
                outcome: Outcome::Passed,
            },
            MEMBER,
            vec![State::Closed],
            State::Queued,
        ),
        (Step::Object, MEMBER, vec![State::Objection], State::Objection),
        (
            Step::SetAside,
            STEWARD,
            vec![State::Objection, State::Queued, State::ExecutionFailed],
            State::Rejected,
        ),
        (
            Step::Execute,
            STEWARD,
            vec![State::Queued, State::ExecutionFailed],
            State::Executed,
        ),
        (
            Step::Fail,
            STEWARD,
            vec![State::Queued, State::ExecutionFailed],
            State::ExecutionFailed,
        ),
    ];
    for (step, asker, from, to) in steps {
        for state in State::ALL {
            let expected = if from.contains(&state) {
                Ok(to)
            } else {
                Err(StepRefusal::WrongState(state))
            };
            assert_eq!(decide(&facts(state), step, asker), expected, "{step:?} from {state:?}");
        }
    }
}

#[test]
fn steps_are_refused_to_those_who_may_not_take_them() {
    let open = Step::Open {
        closes_at: Timestamp(1_500),
    };
    assert_eq!(
        decide(&facts(State::Draft), Step::Discuss, MEMBER),
        Err(StepRefusal::AuthorOnly)
    );
    assert_eq!(
        decide(&facts(State::Discussion), open, AUTHOR),
        Err(StepRefusal::StewardOnly)
    );
    assert_eq!(
        decide(&facts(State::Draft), Step::Withdraw, STEWARD),
        Err(StepRefusal::AuthorOnly)
    );
    assert_eq!(
        decide(&facts(State::Open), Step::Cancel, AUTHOR),
        Err(StepRefusal::StewardOnly)
    );
}

#[test]
fn opening_keeps_the_periods_of_the_bylaws() {
    let try_open = |facts: &Facts, closes_at| {
        decide(
            facts,
            Step::Open {
                closes_at: Timestamp(closes_at),
            },
            STEWARD,
        )
    };
    let ready = facts(State::Discussion);
    let hasty = Facts {
        now: Timestamp(999),
        ..ready
    };
    assert_eq!(
        try_open(&hasty, 1_500),
        Err(StepRefusal::DiscussUntil(Timestamp(1_000)))
    );
    for (closes_at, possible) in [
        (1_009, false),
        (1_010, true),
        (2_000, true),
        (2_001, false),
        (10, false),
    ] {
        assert_eq!(try_open(&ready, closes_at).is_ok(), possible, "{closes_at}");
    }
    assert_eq!(
        try_open(&Facts { roll_count: 0, ..ready }, 1_500),
        Err(StepRefusal::EmptyRoll)
    );
}

#[test]
fn voting_ends_early_only_when_the_bylaws_say_so_and_everyone_voted_or_the_result_is_settled() {
    let close = |facts: &Facts| decide(facts, Step::Close, MEMBER);
    let open = facts(State::Open);
    let early = Periods {
        close_when_all_voted: true,
        ..open.periods
    };
    assert_eq!(close(&open), Err(StepRefusal::OpenUntil(Timestamp(2_000))));
    assert_eq!(
        close(&Facts { voted: 3, ..open }),
        Err(StepRefusal::OpenUntil(Timestamp(2_000)))
    );
    assert_eq!(
        close(&Facts {
            voted: 2,
            periods: early,
            ..open
        }),
        Err(StepRefusal::OpenUntil(Timestamp(2_000)))
    );
    assert_eq!(
        close(&Facts {
            voted: 3,
            periods: early,
            ..open
        }),
        Ok(State::Closed)
    );
    assert_eq!(
        close(&Facts {
            is_settled: true,
            ..open
        }),
        Ok(State::Closed)
    );
    assert_eq!(
        close(&Facts {
            now: Timestamp(2_000),
            ..open
        }),
        Ok(State::Closed)
    );
}

/// The facts, changed.
fn with(state: State, change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = facts(state);
    change(&mut facts);
    facts
}

#[test]
fn a_proposal_is_discussed_once_enough_members_sponsor_it_and_never_its_author() {
    let admission = |sponsors| {
        with(State::Admission, |facts| {
            facts.periods.sponsors = 2;
            facts.sponsors = sponsors;
        })
    };
    let draft = with(State::Draft, |facts| facts.periods.sponsors = 2);
    assert_eq!(decide(&draft, Step::Discuss, AUTHOR), Ok(State::Admission));
    assert_eq!(decide(&admission(0), Step::Sponsor, MEMBER), Ok(State::Admission));
    assert_eq!(decide(&admission(1), Step::Sponsor, MEMBER), Ok(State::Discussion));
    assert_eq!(
        decide(&admission(1), Step::Sponsor, AUTHOR),
        Err(StepRefusal::OwnProposal)
    );
}

#[test]
fn a_result_leads_where_the_bylaws_and_its_actions_say() {
    let closed = |objection, has_actions| {
        with(State::Closed, |facts| {
            facts.periods.objection = objection;
            facts.has_actions = has_actions;
        })
    };
    let cases = [
        (closed(0, false), Outcome::Passed, State::Passed),
        (closed(0, true), Outcome::Passed, State::Queued),
        (closed(9, true), Outcome::Passed, State::Objection),
        (closed(9, false), Outcome::Passed, State::Objection),
        (closed(9, true), Outcome::Rejected, State::Rejected),
        (closed(9, true), Outcome::NoQuorum, State::NoQuorum),
        (closed(9, true), Outcome::Tied, State::Tied),
    ];
    for (facts, outcome, expected) in cases {
        assert_eq!(
            decide(&facts, Step::Publish { outcome }, MEMBER),
            Ok(expected),
            "{outcome:?}"
        );
    }
}

#[test]
fn objections_stop_a_proposal_in_time_alone() {
    let objection = |now, objections, has_actions| {
        with(State::Objection, |facts| {
            facts.now = Timestamp(now);
            facts.objections = objections;
            facts.has_actions = has_actions;
        })
    };
    let until = Timestamp(3_000);
    let cases = [
        (objection(2_999, 0, true), Step::Object, Ok(State::Objection)),
        (objection(2_999, 1, true), Step::Object, Ok(State::Rejected)),
        (
            objection(3_000, 1, true),
            Step::Object,
            Err(StepRefusal::ObjectedTooLate(until)),
        ),
        (
            objection(2_999, 1, true),
            Step::EndObjection,
            Err(StepRefusal::ObjectionsUntil(until)),
        ),
        (objection(3_000, 1, true), Step::EndObjection, Ok(State::Queued)),
        (objection(3_000, 1, false), Step::EndObjection, Ok(State::Passed)),
    ];
    for (facts, step, expected) in cases {
        assert_eq!(decide(&facts, step, MEMBER), expected, "{step:?} at {:?}", facts.now);
    }
}

#[test]
fn actions_wait_for_their_time_and_not_for_ever() {
    let at = |state, now, after| {
        with(state, |facts| {
            facts.now = Timestamp(now);
            facts.execute_after = Some(Timestamp(after));
        })
    };
    let (early, late) = (
        StepRefusal::ExecuteAfter(Timestamp(2_000)),
        StepRefusal::TooLate(Timestamp(4_000)),
    );
    let cases = [
        (at(State::Queued, 1_999, 2_000), Step::Execute, MEMBER, Err(early)),
        (
            at(State::Queued, 2_000, 2_000),
            Step::Execute,
            MEMBER,
            Ok(State::Executed),
        ),
        (at(State::Queued, 4_000, 2_000), Step::Execute, MEMBER, Err(late)),
        (
            at(State::ExecutionFailed, 2_000, 2_000),
            Step::Execute,
            MEMBER,
            Err(StepRefusal::StewardOnly),
        ),
        (
            at(State::Queued, 4_000, 2_000),
            Step::Expire,
            MEMBER,
            Ok(State::Expired),
        ),
        (
            at(State::ExecutionFailed, 4_000, 2_000),
            Step::Expire,
            MEMBER,
            Ok(State::Expired),
        ),
        (
            at(State::Queued, 3_999, 2_000),
            Step::Expire,
            MEMBER,
            Err(StepRefusal::NotExpired(Timestamp(4_000))),
        ),
        (
            at(State::Executed, 4_000, 2_000),
            Step::Execute,
            STEWARD,
            Err(StepRefusal::WrongState(State::Executed)),
        ),
        (
            at(State::Expired, 4_000, 2_000),
            Step::Execute,
            STEWARD,
            Err(StepRefusal::WrongState(State::Expired)),
        ),
    ];
    for (facts, step, asker, expected) in cases {
        assert_eq!(
            decide(&facts, step, asker),
            expected,
            "{step:?} from {:?} at {:?}",
            facts.state,
            facts.now
        );
    }
}

#[test]
fn an_opening_is_set_for_a_moment_that_the_bylaws_allow() {
    let schedule = |opens_at: u64, closes_at: u64| Step::Schedule {
        opens_at: Timestamp(opens_at),
        closes_at: Timestamp(closes_at),
    };
    let last = 1_000 + SCHEDULE_SECONDS_MAX;
    let time = Err(StepRefusal::VotingTime { min: 10, max: 1_000 });
    for (discussed_at, opens_at, closes_at, expected) in [
        (900, 1_001, 1_011, Ok(State::Discussion)),
        (900, last, last + 1_000, Ok(State::Discussion)),
        (900, 1_000, 1_500, Err(StepRefusal::OpeningTime)),
        (900, last + 1, last + 500, Err(StepRefusal::OpeningTime)),
        (900, 1_001, 1_010, time),
        (900, 1_001, 2_002, time),
        (950, 1_049, 1_500, Err(StepRefusal::DiscussUntil(Timestamp(1_050)))),
        (950, 1_050, 1_500, Ok(State::Discussion)),
    ] {
        let facts = Facts {
            discussed_at: Some(Timestamp(discussed_at)),
            // Who may vote is known when it opens.
            roll_count: 0,
            ..facts(State::Discussion)
        };
        let decided = decide(&facts, schedule(opens_at, closes_at), STEWARD);
        assert_eq!(decided, expected, "{discussed_at} {opens_at} {closes_at}");
    }
    for step in [schedule(1_001, 1_500), Step::Unschedule] {
        let discussion = facts(State::Discussion);
        assert_eq!(decide(&discussion, step, AUTHOR), Err(StepRefusal::StewardOnly));
        assert_eq!(
            decide(&facts(State::Open), step, STEWARD),
            Err(StepRefusal::WrongState(State::Open))
        );
    }
}

#[test]
fn voting_that_opens_late_still_lasts_as_long_as_the_bylaws_ask() {
    let facts = facts(State::Discussion);
    for (closes_at, expected) in [
        (1_000, Err(StepRefusal::TimePassed(Timestamp(1_000)))),
        (1_001, Ok(Timestamp(1_010))),
        (1_010, Ok(Timestamp(1_010))),
        (1_500, Ok(Timestamp(1_500))),
    ] {
        assert_eq!(
            closes_when_opened_late(&facts, Timestamp(closes_at)),
            expected,
            "{closes_at}"
        );
    }
}

#[test]
fn what_is_contested_is_neither_executed_nor_given_up() {
    for (now, step) in [(1_000, Step::Execute), (1_000, Step::Fail), (9_000, Step::Expire)] {
        for state in [State::Queued, State::ExecutionFailed] {
            let contested = Facts {
                now: Timestamp(now),
                is_contested: true,
                ..facts(state)
            };
            assert_eq!(
                decide(&contested, step, STEWARD),
                Err(StepRefusal::Contested),
                "{step:?}"
            );
        }
    }
    let queued = facts(State::Queued);
    assert_eq!(decide(&queued, Step::SetAside, AUTHOR), Err(StepRefusal::StewardOnly));
}
