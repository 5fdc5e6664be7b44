//! Ways to break things, each with the invariant that must notice and those that cannot help noticing too.

use std::io::{Read as _, Write as _};

use governance::hash::Hash32;
use tests::checker::Evidence;
use tests::checker::bundles::Published;
use tests::checker::rows::{
    AccessAccount, AccessOwed, AccessOwedLine, AccessTotalDay, AccessUpstream, AccessUsage, Bylaws, MoneyTermsOf,
    Payment, Payout, RevenueRule,
};
use uuid::Uuid;

/// One way to break something.
pub struct Case {
    /// The invariant that must notice.
    pub target: &'static str,
    /// Those that notice the same thing from their side.
    pub also: &'static [&'static str],
    /// What is done to the database, as its superuser.
    pub statement: &'static str,
    /// What is done to the rest of the evidence.
    pub tamper: fn(&mut Evidence),
}

const fn by(target: &'static str, statement: &'static str) -> Case {
    Case {
        target,
        also: &[],
        statement,
        tamper: |_| {},
    }
}

const fn tampered(target: &'static str, tamper: fn(&mut Evidence)) -> Case {
    Case {
        target,
        also: &[],
        statement: "",
        tamper,
    }
}

const fn with(case: Case, also: &'static [&'static str]) -> Case {
    Case { also, ..case }
}

const fn and(case: Case, tamper: fn(&mut Evidence)) -> Case {
    Case { tamper, ..case }
}

/// Without its journal the checker knows nothing of what was acknowledged.
fn forget_journal(evidence: &mut Evidence) {
    evidence.journal.clear();
}

/// Every case.
pub const CASES: &[Case] = &[
    // Ballots.
    with(
        by(
            "every_acknowledged_ballot_is_stored",
            "DELETE FROM ballot WHERE proposal_id = '{open}' AND revision = 2",
        ),
        &["the_log_holds_every_ballot_once"],
    ),
    by(
        "every_acknowledged_ballot_is_stored",
        "UPDATE ballot SET cast_at = cast_at + interval '1 microsecond' WHERE proposal_id = '{open}' AND kind = 5",
    ),
    tampered("every_receipt_is_signed_by_the_server", |evidence| {
        change_receipt(evidence, "\"receipt_signature\":\"0x");
    }),
    by(
        "every_ballot_that_counts_is_in_the_tally",
        "UPDATE tally SET signed_ballots = signed_ballots - 1, attested_ballots = attested_ballots + 1",
    ),
    by(
        "the_weight_of_a_roll_is_direct_delegated_or_uncast",
        "UPDATE tally SET delegated_weight = 1",
    ),
    with(
        tampered("what_is_carried_follows_delegations_that_are_there", |evidence| {
            for tally in &mut evidence.rows.tally {
                tally.record["delegations"] = serde_json::json!(governance::record::tag("nothing").to_string());
            }
        }),
        &["a_tally_hashes_to_its_record"],
    ),
    tampered("a_bundle_holds_exactly_the_ballots_up_to_the_marker", |evidence| {
        for published in evidence.bundles.values_mut() {
            published.view.as_mut().unwrap().ballots.pop();
        }
    }),
    tampered("a_bundle_holds_exactly_the_ballots_up_to_the_marker", |evidence| {
        let view = evidence.bundles.values_mut().next().unwrap().view.as_mut().unwrap();
        view.ballots.push((9_999, Hash32::ZERO, true));
    }),
    and(
        with(
            by(
                "revisions_are_a_chain_in_the_order_of_the_log",
                "DELETE FROM ballot WHERE proposal_id = '{open}' AND kind = 4 AND revision = 1",
            ),
            &["the_log_holds_every_ballot_once"],
        ),
        forget_journal,
    ),
    by(
        "no_ballot_was_cast_out_of_time",
        "UPDATE proposal SET closed_at = closes_at - interval '1 millisecond' WHERE id = '{motion}'",
    ),
    and(
        by(
            "no_ballot_was_cast_out_of_time",
            "UPDATE ballot SET cast_at = cast_at + interval '1 hour' WHERE proposal_id = '{open}'",
        ),
        forget_journal,
    ),
    // The roll.
    with(
        by("every_voter_is_on_the_roll", "DELETE FROM roll_key WHERE proposal_id = '{open}' AND kind = 1"),
        &["every_roll_is_the_published_one"],
    ),
    with(
        by(
            "every_roll_is_the_published_one",
            "DELETE FROM reminder WHERE proposal_id = '{election}';
             DELETE FROM roll_entry WHERE proposal_id = '{election}' AND member_id NOT IN (SELECT member_id FROM roll_key)",
        ),
        &["the_weight_of_a_roll_is_direct_delegated_or_uncast"],
    ),
    with(
        by(
            "a_roll_bears_pseudonyms_exactly_where_its_tier_says_so",
            "UPDATE roll_entry SET pseudonym = gen_random_uuid() WHERE proposal_id = '{open}'",
        ),
        &["every_roll_is_the_published_one", "every_ballot_is_what_was_signed"],
    ),
    tampered("every_roll_is_the_published_one", |evidence| {
        let published = evidence.bundles.values_mut().next().unwrap();
        published.view.as_mut().unwrap().voters.clear();
    }),
    by(
        "every_ballot_is_what_was_signed",
        "UPDATE ballot SET reason = 'no more' WHERE proposal_id = '{open}' AND kind = 4",
    ),
    by(
        "every_ballot_is_what_was_signed",
        "UPDATE ballot SET signature = set_byte(signature, 3, get_byte(signature, 3) # 1) WHERE proposal_id = '{open}'",
    ),
    with(
        by(
            "no_key_on_a_roll_came_after_the_opening",
            "UPDATE roll_key SET registered_sequence = 99 WHERE proposal_id = '{open}'",
        ),
        &["every_roll_is_the_published_one"],
    ),
    // The count.
    by(
        "a_tally_is_what_its_ballots_give",
        "UPDATE tally SET count = jsonb_set(count, '{elected,0}', to_jsonb(1 + (count #>> '{elected,0}')::int % 3))
         WHERE proposal_id = '{election}'",
    ),
    with(
        by(
            "a_tally_is_what_its_ballots_give",
            "UPDATE tally SET record = jsonb_set(record, '{counts,0}', '\"99\"') WHERE proposal_id = '{motion}'",
        ),
        &["a_tally_hashes_to_its_record"],
    ),
    by(
        "a_tally_hashes_to_its_record",
        "UPDATE tally SET record = jsonb_set(record, '{salt}', to_jsonb('0x' || repeat('ab', 32)))",
    ),
    tampered("every_bundle_passes_the_audit", change_bundle),
    // The life of a proposal.
    by(
        "what_members_vote_on_is_what_was_frozen",
        "UPDATE proposal SET body = body || '.' WHERE id = '{motion}'",
    ),
    by(
        "what_members_vote_on_is_what_was_frozen",
        "UPDATE proposal SET rule = jsonb_set(rule, '{quorum,at_least,share,share}', '4') WHERE id = '{open}'",
    ),
    by("a_proposal_never_goes_back", "UPDATE proposal SET state = 'discussion' WHERE id = '{open}'"),
    by("a_decision_is_whole", "DELETE FROM job WHERE kind = 'count' AND subject_id = '{motion}'"),
    tampered("a_decision_is_whole", |evidence| {
        evidence.bundles.pop_first();
    }),
    by(
        "nothing_due_is_left",
        "UPDATE job SET done_at = NULL, run_at = now() - interval '1 minute' WHERE subject_id = '{motion}'",
    ),
    // The record and its anchors.
    and(
        by("the_record_has_no_gap", "UPDATE record_head SET size = size + 1"),
        |evidence| evidence.is_quiet = false,
    ),
    by(
        "every_record_is_of_something_and_everything_has_one",
        "UPDATE bylaws SET content = jsonb_set(content, '{kinds,motion,voting_seconds_max}', '5')",
    ),
    by(
        "every_record_is_of_something_and_everything_has_one",
        "UPDATE voting_key SET salt = sha256('another') WHERE kind = 1",
    ),
    by("anchors_are_a_chain_without_a_gap", "UPDATE anchor_batch SET root = sha256('another') WHERE seq = 1"),
    tampered("the_chain_holds_the_same_anchors", |evidence| {
        let coops = evidence.chain.as_mut().unwrap().coops.values_mut();
        coops.for_each(|coop| coop.links[0] = Hash32::ZERO);
    }),
    tampered("the_chain_holds_the_same_anchors", |evidence| {
        let coop = evidence.chain.as_mut().unwrap().coops.values_mut().next().unwrap();
        coop.links.push(Hash32::ZERO);
    }),
    by(
        "everything_recorded_is_anchored",
        "UPDATE anchor_batch SET state = 'sealed', block_number = NULL, block_hash = NULL
         WHERE coop_id = '{coop}' AND seq = (SELECT max(seq) FROM anchor_batch WHERE coop_id = '{coop}')",
    ),
    by("a_final_anchor_is_final", "UPDATE anchor_batch SET block_hash = sha256('another') WHERE seq = 1"),
    tampered("a_final_anchor_is_final", |evidence| {
        evidence.chain.as_mut().unwrap().finalized = 1;
    }),
    by("a_transaction_number_is_used_once", "UPDATE anchor_batch SET current_nonce = 7"),
    by("nothing_was_sent_that_was_not_stored", "UPDATE anchor_attempt SET raw = raw || '\\x00' WHERE seq = 1"),
    by(
        "nothing_was_sent_that_was_not_stored",
        "DELETE FROM anchor_attempt WHERE coop_id = '{coop}' AND seq = 1",
    ),
    // Events.
    by("every_event_is_what_its_hash_says", "UPDATE event SET payload = sha256('another') WHERE subject = '{motion}'"),
    by("every_event_is_what_its_hash_says", "UPDATE event SET at = at + interval '1 second' WHERE subject = '{open}'"),
    with(
        by(
            "every_event_is_what_its_hash_says",
            "UPDATE event SET words = words || sha256('more') WHERE subject = '{open}' AND kind = 30",
        ),
        &["whatever_happened_left_its_event_and_nothing_else_did"],
    ),
    with(
        by(
            "the_log_holds_every_event_and_every_record_once",
            "INSERT INTO log_pending (coop_id, type_hash, record_hash, recorded_by)
             SELECT coop_id, sha256('EventV1'), record_hash, 'test' FROM event WHERE coop_id = '{coop}' AND kind = 1",
        ),
        &["every_signed_root_is_that_of_its_leaves"],
    ),
    by(
        "whatever_happened_left_its_event_and_nothing_else_did",
        "INSERT INTO halt (coop_id, number, began_at, until, reason, actor_id, recorded_by)
         SELECT coop_id, 1, date_trunc('second', now()), now() + interval '1 day', 'untold', id, 'test' FROM member
         WHERE coop_id = '{coop}' LIMIT 1",
    ),
    by(
        "the_log_holds_every_event_and_every_record_once",
        "INSERT INTO erasure (coop_id, subject, events, recorded_by) VALUES ('{coop}', '{open}', 1, 'test')",
    ),
    with(
        by(
            "whatever_happened_left_its_event_and_nothing_else_did",
            "DELETE FROM event WHERE subject = '{open}' AND kind = 32",
        ),
        &["the_log_holds_every_event_and_every_record_once"],
    ),
    by(
        "whatever_happened_left_its_event_and_nothing_else_did",
        "UPDATE member_event SET detail = 'auditor' WHERE kind = 'role_granted'",
    ),
    by(
        "whatever_happened_left_its_event_and_nothing_else_did",
        "INSERT INTO member_event (coop_id, id, member_id, kind, detail, recorded_by)
         SELECT coop_id, gen_random_uuid(), id, 'renamed', 'Somebody else', 'test' FROM member WHERE coop_id = '{coop}' LIMIT 1",
    ),
    by(
        "whatever_happened_left_its_event_and_nothing_else_did",
        "UPDATE proposal SET version = version + 1 WHERE id = '{open}'",
    ),
    // The way of a decision: what stands in rows without an event.
    by(
        "whatever_happened_left_its_event_and_nothing_else_did",
        "INSERT INTO proposal_contest (coop_id, proposal_id, member_id, reason, recorded_by)
         SELECT coop_id, id, author_id, 'I was asleep', 'test' FROM proposal WHERE id = '{motion}'",
    ),
    by(
        "whatever_happened_left_its_event_and_nothing_else_did",
        "INSERT INTO proposal_schedule (coop_id, id, proposal_id, opens_at, closes_at, scheduled_by, recorded_by)
         SELECT coop_id, gen_random_uuid(), id, opens_at, closes_at, author_id, 'test' FROM proposal WHERE id = '{open}'",
    ),
    by(
        "whatever_happened_left_its_event_and_nothing_else_did",
        "INSERT INTO expulsion_notice (coop_id, id, proposal_id, member_id, grounds, given_at, reply_until, recorded_by)
         SELECT coop_id, gen_random_uuid(), id, author_id, 'theft', opens_at, closes_at, 'test' FROM proposal WHERE id = '{open}'",
    ),
    by(
        "whatever_happened_left_its_event_and_nothing_else_did",
        "UPDATE proposal SET extended_until = closes_at + interval '1 minute', extended_by_ballot = 1 WHERE id = '{open}'",
    ),
    // Bylaws that no decision amended.
    with(
        tampered("what_was_executed_happened_once_with_its_events", |evidence| {
            let amended = evidence.rows.bylaws.first().cloned();
            evidence.rows.bylaws.extend(amended.map(|first| Bylaws { version: 2, ..first }));
        }),
        &["every_record_is_of_something_and_everything_has_one"],
    ),
    // A log that was repaired says so, and one that says so was.
    by(
        "whatever_happened_left_its_event_and_nothing_else_did",
        "UPDATE log_leaf SET recorded_by = 'log_repair' WHERE coop_id = '{coop}' AND log_index = 2",
    ),
    with(
        by(
            "whatever_happened_left_its_event_and_nothing_else_did",
            "UPDATE event SET kind = 40 WHERE subject = '{open}' AND kind = 32",
        ),
        &["every_event_is_what_its_hash_says"],
    ),
    // The log.
    and(
        by("the_log_has_no_gap", "UPDATE log_head SET sequenced = sequenced + 1"),
        |evidence| evidence.is_quiet = false,
    ),
    with(
        by(
            "every_signed_root_is_that_of_its_leaves",
            "UPDATE log_leaf SET type_hash = sha256('another') WHERE coop_id = '{coop}' AND log_index = 0",
        ),
        &["the_log_holds_every_event_and_every_record_once"],
    ),
    by(
        "every_signed_root_is_that_of_its_leaves",
        "UPDATE log_head SET refused = 'behind' WHERE coop_id = '{coop}'",
    ),
    with(
        by(
            "the_log_holds_every_ballot_once",
            "DELETE FROM log_leaf WHERE coop_id = '{coop}' AND record_hash IN (SELECT record_hash FROM ballot)",
        ),
        &["the_log_has_no_gap", "every_signed_root_is_that_of_its_leaves"],
    ),
    by(
        "revisions_stand_in_the_log_in_their_order",
        "UPDATE log_leaf SET entry_id = -entry_id WHERE record_hash = (
            SELECT record_hash FROM ballot WHERE proposal_id = '{open}' AND kind = 4 AND revision = 2)",
    ),
    // Walls.
    with(
        by(
            "every_child_belongs_to_the_co_op_of_its_parent",
            "UPDATE member_event SET actor_id = (SELECT id FROM member WHERE coop_id = '{other}' LIMIT 1)
             WHERE coop_id = '{coop}' AND kind = 'imported'",
        ),
        &["whatever_happened_left_its_event_and_nothing_else_did"],
    ),
    by(
        "every_child_belongs_to_the_co_op_of_its_parent",
        "INSERT INTO member_role (coop_id, member_id, role, recorded_by)
         SELECT '{other}', id, 'auditor', 'test' FROM member WHERE coop_id = '{coop}' LIMIT 1",
    ),
    by(
        "every_key_between_tenants_carries_the_co_op",
        "ALTER TABLE member ADD CONSTRAINT loose UNIQUE (id);
         ALTER TABLE member_role ADD CONSTRAINT looser FOREIGN KEY (member_id) REFERENCES member (id)",
    ),
    by("every_table_of_co_ops_is_walled", "ALTER TABLE ballot NO FORCE ROW LEVEL SECURITY"),
    by("every_table_of_co_ops_is_walled", "DROP POLICY coop_of_this_coop ON coop"),
    by("every_table_of_co_ops_is_walled", "CREATE TABLE forgotten (coop_id uuid)"),
    by("what_only_grows_cannot_be_changed", "GRANT UPDATE (reason) ON ballot TO rochdale_app"),
    by("what_only_grows_cannot_be_changed", "GRANT TRUNCATE ON proposal TO rochdale_app"),
    by("what_only_grows_cannot_be_changed", "ALTER TABLE tally ENABLE TRIGGER tally_only_grows"),
    by("what_only_grows_cannot_be_changed", "DROP TRIGGER lot_is_never_emptied ON lot"),
    by("what_only_grows_cannot_be_changed", "DROP TRIGGER event_leaves_by_erasure_alone ON event"),
    by("the_roles_of_the_program_are_plain", "GRANT CREATE ON SCHEMA public TO rochdale_app"),
    by("nothing_runs_with_the_rights_of_its_owner", "CREATE VIEW window_in_the_wall AS SELECT * FROM ballot"),
    by(
        "nothing_runs_with_the_rights_of_its_owner",
        "CREATE FUNCTION back_door() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM ballot'",
    ),
    // Secrets and sessions.
    by("the_database_holds_no_secret", "UPDATE member_event SET reason = '{token}' WHERE kind = 'joined'"),
    by(
        "the_database_holds_no_secret",
        "UPDATE proposal SET end_reason = encode(convert_to('{token}', 'UTF8'), 'hex') WHERE id = '{open}'",
    ),
    tampered("the_log_holds_no_secret", |evidence| {
        let token = evidence.journal.iter().find_map(|entry| entry.asker.token.clone());
        evidence.log.push_str(&token.unwrap());
    }),
    tampered("no_refusal_holds_a_secret", |evidence| {
        let token = evidence.journal.iter().find_map(|entry| entry.asker.token.clone()).unwrap();
        let mut refused = evidence.journal[0].clone();
        (refused.status, refused.reply) = (Some(500), token.into_bytes());
        evidence.journal.push(refused);
    }),
    tampered("no_lot_is_told_before_the_close", |evidence| {
        let open = evidence.rows.proposal.iter().find(|proposal| proposal.close_marker.is_none());
        let secret = open.unwrap().lot_secret.as_ref().unwrap();
        evidence.log.push_str(&hex::encode(&secret.0));
    }),
    by(
        "a_session_has_one_newest_refresh_token",
        "DROP INDEX refresh_token_newest;
         INSERT INTO refresh_token (token_hash, session_id, recorded_by)
         SELECT sha256(name::bytea), (SELECT min(id::text)::uuid FROM session), 'test' FROM unnest(ARRAY['a', 'b']) AS name",
    ),
    by(
        "nothing_was_done_in_a_session_after_its_end",
        "UPDATE session SET ended_at = created_at, end_reason = 'sign_out'",
    ),
    // Repeated requests.
    tampered("a_repeated_request_is_answered_alike", |evidence| {
        let draft = evidence.journal.iter().find(|entry| entry.path.ends_with("/proposals"));
        let mut again = draft.unwrap().clone();
        again.request.push(b' ');
        evidence.journal.push(again);
    }),
    by("an_effect_is_stored_with_its_answer", "UPDATE effect SET status = NULL, body = NULL"),
    by(
        "an_effect_is_stored_with_its_answer",
        "UPDATE ballot SET idempotency_key = NULL, request_hash = NULL",
    ),
    by(
        "an_effect_is_stored_with_its_answer",
        "UPDATE effect SET body = body || ' ' WHERE recorded_by = 'proposal_draft'",
    ),
    // The books of the tools.
    tampered("what_is_held_is_the_sum_of_the_open_holds", |evidence| {
        evidence.rows.access_account.push(AccessAccount {
            coop_id: Uuid::nil(),
            id: Uuid::nil(),
            cap: 9,
            spent: 0,
            held: 1,
        });
    }),
    tampered("each_settled_hold_is_booked_once", |evidence| {
        evidence.rows.access_usage.extend([1, 2].map(|charged| AccessUsage {
            coop_id: Uuid::nil(),
            hold_id: Uuid::nil(),
            member_id: Uuid::nil(),
            model: String::from("small"),
            at: chrono::DateTime::UNIX_EPOCH,
            input_tokens: None,
            output_tokens: None,
            charged,
            policy_version: 1,
        }));
    }),
    tampered("each_total_is_of_five_members_and_adds_up", |evidence| {
        evidence.rows.access_total_day.extend([1, 2].map(|number| AccessTotalDay {
            coop_id: Uuid::nil(),
            model: String::from("small"),
            day: chrono::NaiveDate::default(),
            number,
        }));
    }),
    with(
        tampered("what_is_owed_is_what_was_used_at_its_rate", |evidence| {
            evidence.rows.access_owed_line.push(AccessOwedLine {
                coop_id: Uuid::nil(),
                number: 1,
                member_id: Uuid::nil(),
                carried: 0,
                parts: 1,
                minor: 0,
                carry: 1,
            });
            evidence.rows.access_owed.push(AccessOwed {
                coop_id: Uuid::nil(),
                number: 1,
                currency: String::from("EUR"),
                first_total: 1,
                last_total: 1,
                members: 1,
                minor: 0,
                journal_id: None,
            });
        }),
        &["whatever_happened_left_its_event_and_nothing_else_did"],
    ),
    tampered("tools_and_models_are_what_decisions_made_them", |evidence| {
        evidence.rows.access_upstream.push(AccessUpstream {
            coop_id: Uuid::nil(),
            id: Uuid::nil(),
            name: String::from("ours"),
            proposal_id: Uuid::nil(),
        });
    }),
    // How revenue is shared.
    with(
        tampered("revenue_rules_are_what_decisions_adopted", |evidence| {
            evidence.rows.revenue_rule.push(RevenueRule {
                coop_id: Uuid::nil(),
                version: 1,
                rule_hash: tests::checker::rows::Bytes(vec![1; 32]),
                supersedes: None,
                effective_at: chrono::DateTime::UNIX_EPOCH,
                proposal_id: Uuid::nil(),
                content: serde_json::Value::Null,
            });
        }),
        &["whatever_happened_left_its_event_and_nothing_else_did"],
    ),
    with(
        tampered("money_terms_are_what_decisions_set", |evidence| {
            evidence.rows.money_terms.push(MoneyTermsOf {
                coop_id: Uuid::nil(),
                version: 1,
                terms_hash: tests::checker::rows::Bytes(vec![1; 32]),
                supersedes: None,
                proposal_id: Uuid::nil(),
                content: serde_json::Value::Null,
            });
        }),
        &["whatever_happened_left_its_event_and_nothing_else_did"],
    ),
    with(
        tampered("paid_bills_were_approved_by_others", |evidence| {
            let bill = serde_json::json!({"coop_id": Uuid::nil(), "id": Uuid::nil(), "digest": "\\x00", "state": "approved",
                "approvals_needed": 1, "prepared_by": Uuid::nil(), "journal_id": Uuid::nil()});
            evidence.rows.bill.push(serde_json::from_value(bill).unwrap());
        }),
        &["whatever_happened_left_its_event_and_nothing_else_did"],
    ),
    with(
        tampered("posted_cycles_were_approved_by_others", |evidence| {
            let cycle = serde_json::json!({"coop_id": Uuid::nil(), "id": Uuid::nil(), "period": "x", "currency": "EUR", "rule_hash": "\\x00",
                "word": "\\x00", "state": "frozen", "opened_by": Uuid::nil(), "revenue": 4});
            evidence.rows.payout_cycle.push(serde_json::from_value(cycle).unwrap());
            evidence.rows.payout.push(Payout {
                coop_id: Uuid::nil(),
                cycle_id: Uuid::nil(),
                member_id: Uuid::nil(),
                accrued: 5,
                paid: 0,
                dormant: 0,
            });
        }),
        &["whatever_happened_left_its_event_and_nothing_else_did"],
    ),
    tampered("every_payment_lies_where_it_stands", |evidence| {
        evidence.rows.payment.push(Payment {
            coop_id: Uuid::nil(),
            id: Uuid::nil(),
            cycle_id: Uuid::nil(),
            amount: 5,
        });
    }),
];

/// Changes one digit after this text in the first receipt.
fn change_receipt(evidence: &mut Evidence, after: &str) {
    let ballot = evidence
        .journal
        .iter_mut()
        .find(|entry| entry.path.ends_with("/ballots"));
    let reply = &mut ballot.unwrap().reply;
    let place = String::from_utf8_lossy(reply).find(after).unwrap() + after.len();
    reply[place] = if reply[place] == b'0' { b'1' } else { b'0' };
}

/// Changes one letter of a title in a bundle that was published.
fn change_bundle(evidence: &mut Evidence) {
    let id = *evidence.bundles.keys().next().unwrap();
    let bytes = evidence.bundle_bytes[&id].clone();
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder
        .write_all(text.replacen("Shall we?", "Shall he?", 1).as_bytes())
        .unwrap();
    evidence.bundles.insert(id, Published::of(&encoder.finish().unwrap()));
}
