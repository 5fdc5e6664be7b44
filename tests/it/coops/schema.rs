//! T4: the schema itself, read from the catalog. No view, function, owner, grant or index leads round the walls.

use tests::app::TestApp;
use tokio_postgres::Client;

/// Tables with a co-op in them that are not behind the wall, each with what keeps it safe. The list only shrinks.
const OUTSIDE: [(&str, &str); 3] = [
    ("account_coop", "requests may add and not read"),
    ("coop_directory", "requests may add and not read"),
    (
        "job",
        "ids alone; a plain table of the coordinator, claimed across co-ops",
    ),
];

/// The rules of T4, each as a query over the catalog that gives what breaks it. `$1` are names that it leaves out.
const RULES: [(&str, &str); 13] = [
    (
        "is not behind forced row-level security",
        "SELECT relname::text FROM pg_class
         WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND relname <> ALL ($1)
           AND (relname = 'coop' OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'coop_id'
                                            AND NOT attisdropped))
           AND NOT (relrowsecurity AND relforcerowsecurity
                    AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))",
    ),
    (
        "has a policy for requests that does not ask for the co-op",
        "SELECT tablename || '.' || policyname FROM pg_policies
         WHERE tablename <> ALL ($1) AND NOT (roles = '{rochdale_global}')
           AND (qual NOT LIKE '%current_setting(''app.coop_id''%' OR with_check NOT LIKE '%current_setting(''app.coop_id''%')",
    ),
    (
        "is read by the role of accounts although it belongs to a co-op",
        "SELECT relname::text FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'coop_id'
         WHERE relkind = 'r' AND relname <> ALL ($1) AND relname NOT IN ('outgoing_mail', 'errand')
           AND has_table_privilege('rochdale_global', pg_class.oid, 'SELECT')",
    ),
    (
        "is owned by a role that serves",
        "SELECT relname::text FROM pg_class WHERE relowner::regrole::text LIKE 'rochdale_%' AND relname <> ALL ($1)
           AND relowner::regrole::text IN ('rochdale_app', 'rochdale_global')
         UNION ALL SELECT proname::text FROM pg_proc
         WHERE proowner::regrole::text IN ('rochdale_app', 'rochdale_global')",
    ),
    (
        "is a role that could step over the wall",
        "SELECT rolname::text FROM pg_roles
         WHERE rolname IN ('rochdale_app', 'rochdale_global') AND rolname <> ALL ($1)
           AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
                OR EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid))",
    ),
    (
        "is a view with the rights of its owner",
        "SELECT relname::text FROM pg_class
         WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace AND relname <> ALL ($1)
           AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)",
    ),
    (
        "is a function with the rights of its owner",
        "SELECT proname::text FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace AND prosecdef AND proname <> ALL ($1)",
    ),
    (
        "only grows and can be changed",
        "SELECT table_name || ' by ' || role FROM (
             SELECT DISTINCT tgrelid AS oid, tgrelid::regclass::text AS table_name FROM pg_trigger
             WHERE tgname LIKE '%_only_grows') growing, unnest(ARRAY['rochdale_app', 'rochdale_global']) role
         WHERE table_name <> ALL ($1)
           AND (has_table_privilege(role, oid, 'UPDATE, DELETE, TRUNCATE') OR has_any_column_privilege(role, oid, 'UPDATE'))",
    ),
    (
        "only grows and its guards can sleep",
        "SELECT name FROM unnest(ARRAY['member_event', 'bylaws', 'record', 'roll_entry', 'roll_key', 'ballot', 'tally',
                                       'lot', 'log_leaf', 'event', 'comment', 'comment_version',
                                       'comment_removal', 'objection_step', 'proposal_stage', 'proposal_alternative',
                                       'proposal_merger', 'proposal_version', 'access_policy', 'access_usage', 'access_total',
                                       'access_total_day', 'ledger_currency', 'ledger_account', 'journal', 'journal_entry',
                                       'ledger_snapshot', 'revenue_rule', 'contribution_snapshot', 'contribution_line',
                                       'contribution_dispute', 'contribution_ruling', 'contribution_record',
                                       'contribution_signature', 'payout_member', 'payout_metric',
                                       'payout_line', 'payout', 'payout_approval', 'member_tax_profile']) name
         WHERE name <> ALL ($1)
           AND 2 > (SELECT count(*) FROM pg_trigger WHERE tgrelid = name::regclass AND tgenabled = 'A'
                    AND tgname IN (name || '_only_grows', name || '_is_never_emptied'))",
    ),
    (
        "can be emptied, referred to or given triggers by a role that serves",
        "SELECT relname || ' by ' || role FROM pg_class, unnest(ARRAY['rochdale_app', 'rochdale_global']) role
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL ($1)
           AND has_table_privilege(role, pg_class.oid, 'TRUNCATE, REFERENCES, TRIGGER')",
    ),
    (
        "refers to another table without the co-op",
        "SELECT conrelid::regclass || '.' || conname FROM pg_constraint
         WHERE contype = 'f' AND conname <> ALL ($1)
           AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid AND attname = 'coop_id')
           AND NOT EXISTS (SELECT FROM unnest(conkey, confkey) AS pair (ours, theirs)
               JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = ours AND a.attname = 'coop_id'
               JOIN pg_attribute b ON b.attrelid = confrelid AND b.attnum = theirs
                    AND b.attname = CASE WHEN confrelid = 'coop'::regclass THEN 'id' ELSE 'coop_id' END)",
    ),
    (
        "is unique across co-ops, so it tells what others have",
        "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
         WHERE indisunique AND relname <> ALL ($1) AND relname <> 'outgoing_mail'
           AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = indrelid AND attname = 'coop_id')
           AND (SELECT attname FROM pg_attribute WHERE attrelid = indrelid AND attnum = indkey[0]) <> 'coop_id'",
    ),
    (
        "is an index that is not valid",
        "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid AND indexrelid::regclass::text <> ALL ($1)",
    ),
];

/// What is wrong with the schema.
async fn violations(client: &Client) -> Vec<String> {
    let outside: Vec<&str> = OUTSIDE.iter().map(|(table, _)| *table).collect();
    let mut found = Vec::new();
    for (what, query) in RULES {
        for row in client
            .query(query, &[&outside])
            .await
            .unwrap_or_else(|error| panic!("{what}: {error}"))
        {
            found.push(format!("{} {what}", row.get::<_, String>(0)));
        }
    }
    found
}

/// T4. No path leads round the walls; and each rule notices when it is broken.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_has_no_way_round_the_walls() {
    let app = TestApp::start().await;
    let client = app.database.superuser().await;
    assert_eq!(violations(&client).await, Vec::<String>::new());
    let breaks = [
        ("CREATE TABLE open_table (coop_id uuid)", "open_table is not behind"),
        ("ALTER TABLE member NO FORCE ROW LEVEL SECURITY", "member is not behind"),
        ("ALTER TABLE coop DISABLE ROW LEVEL SECURITY", "coop is not behind"),
        (
            "CREATE POLICY everyone ON member USING (true)",
            "member.everyone has a policy",
        ),
        (
            "GRANT SELECT ON ballot TO rochdale_global",
            "ballot is read by the role of accounts",
        ),
        ("ALTER TABLE member OWNER TO rochdale_app", "member is owned by a role"),
        (
            "CREATE VIEW all_members AS SELECT * FROM member",
            "all_members is a view",
        ),
        (
            "CREATE FUNCTION all_members() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM member'",
            "all_members is a function",
        ),
        (
            "GRANT UPDATE (reason) ON ballot TO rochdale_app",
            "ballot by rochdale_app only grows and can be changed",
        ),
        (
            "GRANT DELETE ON record TO rochdale_global",
            "record by rochdale_global only grows and can be changed",
        ),
        (
            "ALTER TABLE tally DISABLE TRIGGER tally_only_grows",
            "tally only grows and its guards can sleep",
        ),
        (
            "ALTER TABLE record ENABLE TRIGGER record_is_never_emptied",
            "record only grows and its guards can sleep",
        ),
        (
            "GRANT TRUNCATE ON member TO rochdale_app",
            "member by rochdale_app can be emptied",
        ),
        (
            "ALTER TABLE member_role ADD UNIQUE (coop_id, role, member_id);
             CREATE TABLE loose (coop_id uuid, account uuid CONSTRAINT loose_account REFERENCES account (id));
             ALTER TABLE loose ENABLE ROW LEVEL SECURITY",
            "loose.loose_account refers to another table without the co-op",
        ),
        (
            "CREATE UNIQUE INDEX one_name ON member (display_name)",
            "one_name is unique across co-ops",
        ),
    ];
    for (statement, expected) in breaks {
        client
            .batch_execute(&format!("BEGIN; {statement}"))
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
        let found = violations(&client).await;
        client.batch_execute("ROLLBACK").await.unwrap();
        assert!(
            found.iter().any(|one| one.starts_with(expected)),
            "{statement} was not noticed: {found:?}"
        );
    }
    app.finish().await;
}
