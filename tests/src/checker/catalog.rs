//! What the database itself says about its walls: roles, rights, policies, keys, and rows that break them.

use tokio_postgres::GenericClient;

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Whether its rows belong to a co-op, by a column `coop_id`.
    pub has_coop: bool,
    /// Whether row-level security is on and forced, and a policy stands.
    pub is_walled: bool,
    /// Whether a trigger refuses every change.
    pub only_grows: bool,
    /// Whether changing, removing and emptying are refused by triggers that fire whatever the role of the session in replication.
    pub always_refuses: bool,
    /// What a role of the program may do that only its owner should: `rochdale_app DELETE` and so on.
    pub loose_grants: Vec<String>,
}

/// What the catalogue says.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Every table of ours.
    pub tables: Vec<Table>,
    /// Roles of the program that own something, may become the owner, are superusers or pass row-level security.
    pub strong_roles: Vec<String>,
    /// Views that run with the rights of their owner.
    pub open_views: Vec<String>,
    /// Functions that run with the rights of their owner.
    pub definer_functions: Vec<String>,
    /// Indexes that were never finished.
    pub invalid_indexes: Vec<String>,
    /// Foreign keys between tables of co-ops that do not carry the co-op.
    pub loose_keys: Vec<String>,
    /// Rows whose parent is missing or belongs to another co-op.
    pub stray_rows: Vec<String>,
}

const TABLES: &str = "
    SELECT class.relname::text,
        EXISTS (SELECT FROM pg_attribute WHERE attrelid = class.oid AND attname = 'coop_id' AND NOT attisdropped),
        class.relrowsecurity AND class.relforcerowsecurity
            AND EXISTS (SELECT FROM pg_policy WHERE polrelid = class.oid),
        EXISTS (SELECT FROM pg_trigger WHERE tgrelid = class.oid AND tgfoid = 'refuse_change()'::regprocedure),
        -- UPDATE (16), DELETE (8) and TRUNCATE (32).
        coalesce((SELECT bit_or(tgtype::integer & 56) = 56 FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
            WHERE tgrelid = class.oid AND tgenabled = 'A'
                AND proname IN ('refuse_change', 'check_log_removal', 'check_event_removal', 'check_history_removal',
                    'check_halt_change', 'check_comment_words_leave', 'check_comment_removal_change',
                    'check_objection_change', 'check_reminder_is_old', 'check_ledger_book_change',
                    'check_proposal_schedule_change', 'check_proposal_contest_change', 'check_expulsion_notice_change',
                    'check_payout_cycle_change', 'check_payout_step_change', 'check_dispute_change',
                    'check_payee_change', 'check_payment_attempt_change', 'check_payment_file_change', 'check_bill_change',
                    'check_payment_statement_change', 'check_payment_closing', 'check_payout_reversal',
                    'check_distributor_change', 'check_claim_root_change', 'check_claim_seen_change', 'check_foreign_root_change')
                AND prosrc ~ 'RAISE EXCEPTION'), false),
        ARRAY(SELECT role || ' ' || right_
            FROM unnest(ARRAY['rochdale_app', 'rochdale_global', 'public']) AS role,
                unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) AS right_
            WHERE has_table_privilege(role, class.oid, right_)
                OR (right_ = 'UPDATE' AND has_any_column_privilege(role, class.oid, right_)))
    FROM pg_class AS class
    WHERE class.relnamespace = 'public'::regnamespace AND class.relkind IN ('r', 'p') AND class.relname NOT LIKE '\\_\\_%'
    ORDER BY 1";

const STRONG_ROLES: &str = "
    SELECT rolname::text FROM pg_roles AS role
    WHERE rolname IN ('rochdale_app', 'rochdale_global')
      AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
        OR pg_has_role(rolname, 'rochdale_owner', 'MEMBER')
        OR EXISTS (SELECT FROM pg_class WHERE relowner = role.oid)
        OR EXISTS (SELECT FROM pg_proc WHERE proowner = role.oid)
        OR EXISTS (SELECT FROM pg_namespace WHERE nspowner = role.oid)
        OR has_schema_privilege(rolname, 'public', 'CREATE'))";

const OPEN_VIEWS: &str = "
    SELECT relname::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
      AND (relkind = 'm' OR (relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY(reloptions), false)))";

const DEFINER_FUNCTIONS: &str = "
    SELECT proname::text FROM pg_proc
    WHERE prosecdef AND pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)";

const INVALID_INDEXES: &str = "
    SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid OR NOT indisready";

/// Each foreign key with its columns in pairs, and whether both sides have a column for the co-op and the key joins them.
const KEYS: &str = "
    SELECT key.conname::text, key.conrelid::regclass::text, key.confrelid::regclass::text,
        ARRAY(SELECT format('child.%I = parent.%I', child.attname, parent.attname)
            FROM unnest(key.conkey, key.confkey) AS pair (child, parent)
            JOIN pg_attribute AS child ON child.attrelid = key.conrelid AND child.attnum = pair.child
            JOIN pg_attribute AS parent ON parent.attrelid = key.confrelid AND parent.attnum = pair.parent),
        ARRAY(SELECT format('child.%I IS NOT NULL', child.attname)
            FROM unnest(key.conkey) AS pair (child)
            JOIN pg_attribute AS child ON child.attrelid = key.conrelid AND child.attnum = pair.child),
        EXISTS (SELECT FROM pg_attribute WHERE attrelid = key.conrelid AND attname = 'coop_id')
            AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = key.confrelid AND attname = 'coop_id')
    FROM pg_constraint AS key
    WHERE key.contype = 'f' AND key.connamespace = 'public'::regnamespace ORDER BY 2, 1";

/// References that no foreign key guards, since they may be empty or lead out of the tenant: from where, to where.
const SOFT_KEYS: [(&str, &str, &str); 7] = [
    ("member_event", "actor_id", "member"),
    ("proposal", "ended_by", "member"),
    ("application", "decided_by", "member"),
    ("invitation", "used_by", "member"),
    ("bylaws", "adopted_by", "member"),
    ("job", "subject_id", "proposal"),
    ("outgoing_mail", "subject_id", "invitation"),
];

impl Catalog {
    /// Reads it in the transaction the client is in.
    ///
    /// # Panics
    /// If the database refuses.
    pub async fn read(client: &impl GenericClient) -> Self {
        let tables = client.query(TABLES, &[]).await.expect("the tables");
        let tables = tables
            .iter()
            .map(|row| Table {
                name: row.get(0),
                has_coop: row.get(1),
                is_walled: row.get(2),
                only_grows: row.get(3),
                always_refuses: row.get(4),
                loose_grants: row.get(5),
            })
            .collect();
        let (loose_keys, mut stray_rows) = keys(client).await;
        stray_rows.extend(soft_strays(client).await);
        Self {
            tables,
            strong_roles: names(client, STRONG_ROLES).await,
            open_views: names(client, OPEN_VIEWS).await,
            definer_functions: names(client, DEFINER_FUNCTIONS).await,
            invalid_indexes: names(client, INVALID_INDEXES).await,
            loose_keys,
            stray_rows,
        }
    }
}

async fn names(client: &impl GenericClient, query: &str) -> Vec<String> {
    let rows = client.query(query, &[]).await.expect("a look at the catalogue");
    rows.iter().map(|row| row.get(0)).collect()
}

async fn keys(client: &impl GenericClient) -> (Vec<String>, Vec<String>) {
    let (mut loose, mut strays) = (Vec::new(), Vec::new());
    for row in client.query(KEYS, &[]).await.expect("the foreign keys") {
        let (name, child, parent): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let (pairs, filled): (Vec<String>, Vec<String>) = (row.get(3), row.get(4));
        let spans_tenants: bool = row.get(5);
        if spans_tenants && !pairs.iter().any(|pair| pair == "child.coop_id = parent.coop_id") {
            loose.push(format!("{name} of {child}"));
        }
        let query = format!(
            "SELECT count(*) FROM {child} AS child WHERE {} AND NOT EXISTS (SELECT FROM {parent} AS parent WHERE {})",
            filled.join(" AND "),
            pairs.join(" AND ")
        );
        let count: i64 = client.query_one(&query, &[]).await.expect("a count").get(0);
        if count > 0 {
            strays.push(format!("{count} rows of {child} have no {parent} as {name} asks for"));
        }
    }
    (loose, strays)
}

/// Rows that name something which exists, but in another co-op.
async fn soft_strays(client: &impl GenericClient) -> Vec<String> {
    let mut strays = Vec::new();
    for (child, column, parent) in SOFT_KEYS {
        let query = format!(
            "SELECT count(*) FROM {child} AS child
             JOIN {parent} AS parent ON parent.id = child.{column} AND parent.coop_id <> child.coop_id"
        );
        let count: i64 = client.query_one(&query, &[]).await.expect("a count").get(0);
        if count > 0 {
            strays.push(format!(
                "{count} rows of {child} name a {parent} of another co-op in {column}"
            ));
        }
    }
    strays
}
