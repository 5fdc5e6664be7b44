use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::bylaws::Admission;
use crate::membership::Status;
use uuid::Uuid;

const NAMESPACE: Hash32 = Hash32::ZERO;

fn member(number: u128) -> MemberId {
    MemberId::from_uuid(Uuid::from_u128(number))
}

fn application(number: u128) -> ApplicationId {
    ApplicationId::from_uuid(Uuid::from_u128(number))
}

/// Member 1 is steward, 2 treasurer, 3 neither, 4 suspended, 5 has left; application 8 waits, 9 is decided; there is a tool `old` with
/// a model `old`.
fn coop() -> Snapshot {
    let facts = |status, roles: &[Role]| MemberFacts {
        status,
        roles: roles.iter().copied().collect::<BTreeSet<_>>(),
    };
    let waits = |is_pending| ApplicationFacts {
        is_pending,
        is_member: false,
    };
    Snapshot {
        bylaws_version: 1,
        bylaws: Bylaws::founding(),
        members: BTreeMap::from([
            (member(1), facts(Status::Active, &[Role::Steward])),
            (member(2), facts(Status::Active, &[Role::Treasurer])),
            (member(3), facts(Status::Active, &[])),
            (member(4), facts(Status::Suspended, &[])),
            (member(5), facts(Status::Left, &[])),
        ]),
        applications: BTreeMap::from([(application(8), waits(true)), (application(9), waits(false))]),
        is_halted: false,
        access: AccessFacts {
            tools: BTreeMap::from([(String::from("old"), serde_json::from_value(tool_terms()).unwrap())]),
            models: BTreeMap::from([(String::from("old"), serde_json::from_value(model_terms("old")).unwrap())]),
            ..AccessFacts::default()
        },
        revenue: RevenueFacts::default(),
        money: MoneyFacts::default(),
    }
}

fn action(json: serde_json::Value) -> Action {
    serde_json::from_value(json).unwrap()
}

fn id(number: u128) -> String {
    member(number).to_string()
}

fn one_of_each() -> Vec<Action> {
    let bylaws = Bylaws {
        admission: Admission::Invitation,
        ..Bylaws::founding()
    };
    let about =
        |name: &str, number| serde_json::json!({"action": name, "version": 1, "member": id(number), "reason": "so"});
    let office = |name: &str, number, role: &str| serde_json::json!({"action": name, "version": 1, "member": id(number), "role": role, "reason": "so"});
    [
        serde_json::json!({"action": "set_tool", "version": 1, "tool": "ours", "terms": tool_terms()}),
        serde_json::json!({"action": "retire_tool", "version": 1, "tool": "old"}),
        serde_json::json!({"action": "set_model", "version": 1, "model": "small", "terms": model_terms("old")}),
        serde_json::json!({"action": "retire_model", "version": 1, "model": "old"}),
        serde_json::json!({"action": "set_access_policy", "version": 1, "replaces": 0, "policy": access_policy(5)}),
        serde_json::json!({"action": "adopt_revenue_rule", "version": 1, "rule": scic()}),
        serde_json::json!({"action": "set_money_terms", "version": 1, "terms": {"version": 1, "currency": "EUR", "payment_days": 30}}),
        serde_json::json!({"action": "amend_bylaws", "version": 1, "replaces": 1, "bylaws": bylaws}),
        serde_json::json!({"action": "admit", "version": 1, "application": application(8), "class": "worker"}),
        about("suspend", 3),
        about("reinstate", 4),
        about("expel", 3),
        office("grant_role", 3, "auditor"),
        office("end_role", 2, "treasurer"),
        serde_json::json!({"action": "halt", "version": 1, "days": 30, "reason": "so"}),
        serde_json::json!({"action": "end_halt", "version": 1, "reason": "so"}),
        serde_json::json!({"action": "seat_winners", "version": 1, "role": "treasurer", "candidates": [id(2), id(3)]}),
    ]
    .map(action)
    .to_vec()
}

fn scic() -> serde_json::Value {
    serde_json::from_str(include_str!("../../testdata/revenue/scic.json")).unwrap()
}

/// Each version names the one it follows by number and hash; the hash that members vote on is that of the rule in force.
#[test]
fn revenue_rules_follow_one_another_by_hash() {
    let adopt = |version: u64, supersedes: Hash32| {
        let mut rule = scic();
        rule["version"] = serde_json::json!(version);
        rule["supersedes"] = serde_json::json!(supersedes);
        action(serde_json::json!({"action": "adopt_revenue_rule", "version": 1, "rule": rule}))
    };
    let mut coop = coop();
    let first = adopt(1, Hash32::ZERO);
    let bound = planned(first.clone()).record(NAMESPACE).facts;
    let changes = coop.apply(&first, None).unwrap();
    let [
        Change::RevenueRuleAdopted {
            version: 1,
            hash,
            reading,
            ..
        },
    ] = &changes[..]
    else {
        panic!("{changes:?}");
    };
    assert_eq!(bound, [*hash]);
    assert_eq!(reading.findings.len(), 2, "what the law it names asks");
    let moved = |version| {
        Err(Obstacle::RevenueRuleMoved {
            version,
            current: 1,
            hash: *hash,
        })
    };
    for (version, supersedes) in [(1, Hash32::ZERO), (2, keccak256(b"another")), (3, *hash)] {
        assert_eq!(coop.clone().apply(&adopt(version, supersedes), None), moved(version));
    }
    assert!(coop.apply(&adopt(2, *hash), None).is_ok());
    let other = Hash32::from_u128(7);
    assert_ne!(planned(first).record(other).facts, bound, "a co-op's rule is its own");
}

/// Terms follow one another by number and hash, and neither the price of a share nor the currency changes on the way.
#[test]
fn terms_of_money_follow_one_another_by_hash() {
    let set = |version: u64, supersedes: Hash32, price: &str| {
        let shares = serde_json::json!({"price": price, "least": 1, "most": 9, "refund_days": 0});
        let terms = serde_json::json!({"version": version, "supersedes": supersedes, "currency": "EUR", "shares": shares,
            "payment_days": 30});
        action(serde_json::json!({"action": "set_money_terms", "version": 1, "terms": terms}))
    };
    let mut coop = coop();
    let first = set(1, Hash32::ZERO, "50.00");
    let bound = planned(first.clone()).record(NAMESPACE).facts;
    let changes = coop.apply(&first, None).unwrap();
    let [Change::MoneyTermsSet { version: 1, hash, .. }] = &changes[..] else {
        panic!("{changes:?}");
    };
    assert_eq!(bound, [*hash]);
    for (version, supersedes) in [(1, Hash32::ZERO), (2, keccak256(b"another")), (3, *hash)] {
        let moved = coop.clone().apply(&set(version, supersedes, "50.00"), None);
        assert!(
            matches!(moved, Err(Obstacle::MoneyTermsMoved { current: 1, .. })),
            "{moved:?}"
        );
    }
    let dearer = coop.clone().apply(&set(2, *hash, "60.00"), None);
    assert_eq!(dearer, Err(Obstacle::SharePriceMoved));
    assert!(coop.apply(&set(2, *hash, "50.00"), None).is_ok());
}

fn tool_terms() -> serde_json::Value {
    serde_json::json!({"kind": "llama_cpp", "base_url": "http://127.0.0.1:1/v1", "external": false, "data_location": "our own server",
        "slots": 2, "first_byte_seconds": 30, "idle_seconds": 30})
}

fn model_terms(tool: &str) -> serde_json::Value {
    serde_json::json!({"tool": tool, "upstream_name": "small", "licence": "Apache-2.0", "context_tokens": 100, "output_tokens": 50,
        "price": {"input": 1, "output": 2, "call": 0}, "overhead": {"call": 4, "message": 5}, "endpoints": ["chat_completions"]})
}

fn access_policy(units: u64) -> serde_json::Value {
    serde_json::json!({"allowances": [{"for": {"group": "everyone"}, "share": "each", "period": "day", "units": units}],
        "partial_charge": "counted", "expired_charge": "input_only"})
}

/// Tools and models come in order and go, a policy follows the newest one, and a preview says for whom what changes.
#[test]
fn tools_models_and_policies_follow_one_another() {
    let set_tool =
        action(serde_json::json!({"action": "set_tool", "version": 1, "tool": "ours", "terms": tool_terms()}));
    let set_model = |tool: &str| {
        action(serde_json::json!({"action": "set_model", "version": 1, "model": "small", "terms": model_terms(tool)}))
    };
    let set_policy = |replaces: u64, units: u64| {
        let policy = access_policy(units);
        action(serde_json::json!({"action": "set_access_policy", "version": 1, "replaces": replaces, "policy": policy}))
    };
    let retire =
        |what: &str| action(serde_json::json!({"action": format!("retire_{what}"), "version": 1, what: "ours"}));
    let mut coop = coop();
    coop.access.members = vec![crate::access::Subject {
        member: member(3),
        class: Class::User,
        roles: BTreeSet::new(),
    }];
    assert_eq!(
        coop.apply(&set_model("ours"), None),
        Err(Obstacle::NoTool(String::from("ours")))
    );
    assert!(matches!(
        &coop.apply(&set_tool, None).unwrap()[..],
        [Change::ToolSet { before: None, .. }]
    ));
    assert_eq!(coop.apply(&set_tool, None), Ok(Vec::new()));
    assert!(matches!(
        &coop.apply(&set_model("ours"), None).unwrap()[..],
        [Change::ModelSet { .. }]
    ));
    let moved = Obstacle::PolicyMoved {
        replaces: 1,
        current: 0,
    };
    assert_eq!(coop.apply(&set_policy(1, 5), None), Err(moved));
    let gain = |changes: Vec<Change>| match &changes[..] {
        [Change::AccessPolicySet { version, effect }] => (*version, effect.members.last().unwrap().gain),
        other => panic!("{other:?}"),
    };
    assert_eq!(gain(coop.apply(&set_policy(0, 5), None).unwrap()), (1, true));
    assert_eq!(gain(coop.apply(&set_policy(1, 4), None).unwrap()), (2, false));
    coop.access.users.insert(String::from("small"), 5);
    let lost = crate::access::Difference {
        subjected: crate::access::Subjected::Model {
            model: String::from("small"),
        },
        gain: false,
        count: 1,
        members: vec![member(3)],
    };
    assert_eq!(
        coop.apply(&retire("tool"), None).unwrap(),
        [Change::ToolRetired {
            tool: String::from("ours"),
            models: BTreeMap::from([(String::from("small"), Some(5))]),
            members: vec![lost],
        }]
    );
    assert_eq!(
        coop.apply(&retire("tool"), None),
        Err(Obstacle::NoTool(String::from("ours")))
    );
    assert_eq!(
        coop.apply(&retire("model"), None),
        Err(Obstacle::NoModel(String::from("ours")))
    );
}

fn planned(act: Action) -> Planned {
    Planned { option: None, act }
}

#[test]
fn every_kind_survives_json_and_has_a_hash_of_its_own() {
    let mut hashes = BTreeSet::new();
    for act in one_of_each() {
        let each = planned(act);
        let json = serde_json::to_value(&each).unwrap();
        assert_eq!(json["act"]["action"], each.act.name());
        assert_eq!(serde_json::from_value::<Planned>(json).unwrap(), each);
        let other = Planned {
            option: Some(0),
            ..each.clone()
        };
        assert!(hashes.insert(each.record(NAMESPACE).struct_hash()));
        assert!(hashes.insert(other.record(NAMESPACE).struct_hash()));
        assert!(each.act.sentence(&|_| String::from("somebody")).ends_with(['.', 'o']));
    }
    assert_eq!(actions_hash(&[], NAMESPACE), Hash32::ZERO);
}

#[test]
fn unknown_fields_versions_and_kinds_are_refused() {
    for json in [
        serde_json::json!({"action": "expel", "version": 2, "member": id(1), "reason": "so"}),
        serde_json::json!({"action": "expel", "member": id(1), "reason": "so"}),
        serde_json::json!({"action": "expel", "version": 1, "member": id(1), "reason": "so", "quietly": true}),
        serde_json::json!({"action": "dissolve", "version": 1}),
    ] {
        assert!(serde_json::from_value::<Action>(json.clone()).is_err(), "{json}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_before_anybody_votes() {
    let expel =
        |reason: &str| action(serde_json::json!({"action": "expel", "version": 1, "member": id(1), "reason": reason}));
    let seats = |numbers: &[u128]| {
        let candidates: Vec<String> = numbers.iter().map(|number| id(*number)).collect();
        action(
            serde_json::json!({"action": "seat_winners", "version": 1, "role": "treasurer", "candidates": candidates}),
        )
    };
    let waiting = |option, act| vec![Planned { option, act }];
    let cases = [
        (waiting(None, expel("so")), 0, Ok(())),
        (waiting(Some(1), expel("so")), 2, Ok(())),
        (
            waiting(Some(2), expel("so")),
            2,
            Err(ActionRefusal::Option { option: 2, options: 2 }),
        ),
        (
            waiting(Some(0), expel("so")),
            0,
            Err(ActionRefusal::Option { option: 0, options: 0 }),
        ),
        (
            waiting(None, expel(" ")),
            0,
            Err(ActionRefusal::Reason(TextRefusal::Empty)),
        ),
        (waiting(None, seats(&[1, 2])), 2, Ok(())),
        (waiting(None, seats(&[1, 1])), 2, Err(ActionRefusal::Candidates)),
        (waiting(None, seats(&[1])), 2, Err(ActionRefusal::Candidates)),
        (waiting(None, seats(&[])), 0, Err(ActionRefusal::Candidates)),
        (waiting(Some(0), seats(&[1, 2])), 2, Err(ActionRefusal::Candidates)),
        (
            vec![planned(expel("so")); ACTIONS_MAX + 1],
            0,
            Err(ActionRefusal::TooMany),
        ),
    ];
    for (actions, options, expected) in cases {
        assert_eq!(read(actions.clone(), options).map(|_| ()), expected, "{actions:?}");
    }
}

#[test]
fn each_kind_changes_what_it_says_and_meets_its_obstacles() {
    for act in one_of_each() {
        let mut coop = coop();
        coop.is_halted = matches!(act, Action::EndHalt { .. });
        let changes = coop.apply(&act, Some(&[1])).unwrap();
        assert!(!changes.is_empty(), "{act:?}");
        // Nothing of it can be done twice: what is executed again meets an obstacle or finds nothing to change.
        let again = coop.apply(&act, Some(&[1]));
        assert!(again.is_err() || again == Ok(Vec::new()), "{act:?}: {again:?}");
    }
    let office = |name: &str, number, role: &str| {
        action(serde_json::json!({"action": name, "version": 1, "member": id(number), "role": role, "reason": "so"}))
    };
    let role = Role::Auditor;
    let cases = [
        (
            office("grant_role", 4, "auditor"),
            Obstacle::NotActive {
                member: member(4),
                status: Status::Suspended,
            },
        ),
        (office("grant_role", 77, "auditor"), Obstacle::NoMember(member(77))),
        (
            office("end_role", 3, "auditor"),
            Obstacle::RoleNotHeld {
                member: member(3),
                role,
            },
        ),
        (
            action(
                serde_json::json!({"action": "admit", "version": 1, "application": application(9), "class": "user"}),
            ),
            Obstacle::NoApplication(application(9)),
        ),
    ];
    for (act, expected) in cases {
        assert_eq!(coop().apply(&act, None), Err(expected), "{act:?}");
    }
}

#[test]
fn an_election_seats_its_winners_and_ends_the_office_of_the_others() {
    let act = one_of_each().pop().unwrap();
    let mut before = coop();
    assert_eq!(
        before.apply(&act, None),
        Ok(vec![Change::RoleContested {
            role: Role::Treasurer,
            holders: vec![member(2)],
            candidates: vec![member(2), member(3)],
        }])
    );
    let changes = before.apply(&act, Some(&[1])).unwrap();
    let (role, reason) = (Role::Treasurer, None);
    assert_eq!(
        changes,
        [
            Change::RoleEnded {
                member: member(2),
                role,
                reason: None
            },
            Change::RoleGranted {
                member: member(3),
                role,
                reason
            },
        ]
    );
    assert_eq!(coop().apply(&act, Some(&[7])), Err(Obstacle::NoCandidate));
}

#[test]
fn a_co_op_keeps_a_steward_whatever_is_decided() {
    let expel = action(serde_json::json!({"action": "expel", "version": 1, "member": id(1), "reason": "so"}));
    let mut coop = coop();
    coop.apply(&expel, None).unwrap();
    assert_eq!(coop.require_steward(), Err(Obstacle::NoSteward));
    let grant = action(
        serde_json::json!({"action": "grant_role", "version": 1, "member": id(3), "role": "steward", "reason": "so"}),
    );
    coop.apply(&grant, None).unwrap();
    assert_eq!(coop.require_steward(), Ok(()));
}

#[test]
fn the_members_halt_the_co_op_and_end_a_halt() {
    let halt = |days: u64| action(serde_json::json!({"action": "halt", "version": 1, "days": days, "reason": "so"}));
    let end = || action(serde_json::json!({"action": "end_halt", "version": 1, "reason": "so"}));
    for (days, expected) in [(0, false), (1, true), (90, true), (91, false)] {
        let refused = read(vec![planned(halt(days))], 0).err();
        assert_eq!(refused, (!expected).then_some(ActionRefusal::HaltDays), "{days}");
    }
    let mut coop = coop();
    assert_eq!(coop.apply(&end(), None), Err(Obstacle::NotHalted));
    let reason = String::from("so");
    let halted = Change::Halted {
        days: 30,
        reason: reason.clone(),
    };
    assert_eq!(coop.apply(&halt(30), None), Ok(vec![halted]));
    assert_eq!(coop.apply(&halt(30), None), Err(Obstacle::Halted));
    let mut halted = self::coop();
    halted.is_halted = true;
    assert_eq!(halted.apply(&end(), None), Ok(vec![Change::HaltEnded { reason }]));
    let alone = [planned(end())];
    let beside = [planned(end()), planned(halt(1))];
    assert!(only_ends_a_halt(&alone));
    assert!(!only_ends_a_halt(&beside) && !only_ends_a_halt(&[]));
}
