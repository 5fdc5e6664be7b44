//! The rows of each table, page by page.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use governance::hash::to_hex;
use governance::id::ProposalId;
use serde_json::{Value, json};
use store::CoopTx;
use store::coop::{Sought, member_list};
use store::decision::ballot_table::ballot_table;
use store::decision::proposal::{ProposalPage, ProposalPosition, Viewer, proposal_list};
use store::decision::roll::{member_names, roll_members};
use store::record::record_list;
use uuid::Uuid;

use super::{Row, Table};
use crate::app::App;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, signature_kind};
use crate::services::proposals::Asking;
use crate::services::published;

/// Rows that are read at once.
const PAGE: i64 = 500;

/// Reads one table.
pub(super) struct Pages {
    app: Arc<App>,
    asking: Asking,
    table: Table,
    after: Uuid,
    after_number: i64,
    position: Option<ProposalPosition>,
    is_over: bool,
}

impl Pages {
    pub(super) const fn new(app: Arc<App>, asking: Asking, table: Table) -> Self {
        Self {
            app,
            asking,
            table,
            after: Uuid::nil(),
            after_number: 0,
            position: None,
            is_over: false,
        }
    }

    /// The names of the columns.
    pub(super) const fn columns(&self) -> &'static [&'static str] {
        match self.table {
            Table::Proposals => &[
                "id",
                "kind",
                "method",
                "title",
                "state",
                "author",
                "author_name",
                "created_at",
                "opens_at",
                "closes_at",
            ],
            Table::Members => &["id", "display_name", "class", "status", "roles", "joined_at"],
            Table::Record => &["sequence", "kind", "subject", "record_hash", "at"],
            Table::Roll(_) => &["member", "display_name", "weight"],
            Table::Ballots(_) => &[
                "sequence",
                "member",
                "display_name",
                "revision",
                "is_counted",
                "options",
                "points",
                "reason",
                "signature_kind",
                "record_hash",
                "cast_at",
            ],
            Table::Tally(_) => &["field", "value"],
        }
    }

    /// The next rows; none at the end.
    pub(super) async fn next(&mut self) -> Result<Vec<Row>, Problem> {
        if self.is_over {
            return Ok(Vec::new());
        }
        if let Table::Tally(proposal) = self.table {
            self.is_over = true;
            return self.tally(proposal).await;
        }
        let mut tx = self.app.store.coop_tx("table_read", self.asking.coop).await?;
        let rows = match self.table {
            Table::Proposals => self.proposals(&mut tx).await?,
            Table::Members => self.members(&mut tx).await?,
            Table::Record => self.record(&mut tx).await?,
            Table::Roll(proposal) => self.roll(&mut tx, proposal).await?,
            Table::Ballots(proposal) => self.ballots(&mut tx, proposal).await?,
            Table::Tally(_) => Vec::new(),
        };
        tx.commit().await?;
        Ok(rows)
    }

    async fn proposals(&mut self, tx: &mut CoopTx) -> Result<Vec<Row>, Problem> {
        let viewer = if self.asking.is_steward {
            Viewer::Steward
        } else {
            Viewer::Member(self.asking.member)
        };
        let page = ProposalPage {
            state: None,
            after: self.position,
            limit: PAGE,
        };
        let rows = proposal_list(tx, viewer, page).await?;
        self.position = rows.last().map(|row| ProposalPosition {
            created_at: row.created_at,
            id: row.id,
        });
        let row = |row: store::decision::proposal::ProposalListRow| {
            vec![
                json!(row.id),
                json!(row.kind),
                json!(row.method),
                json!(row.title),
                json!(row.state),
                json!(row.author_id),
                json!(row.author_name),
                moment(Some(row.created_at)),
                moment(row.opens_at),
                moment(row.closes_at),
            ]
        };
        Ok(rows.into_iter().map(row).collect())
    }

    async fn members(&mut self, tx: &mut CoopTx) -> Result<Vec<Row>, Problem> {
        let rows = member_list(tx, Sought::default(), self.after, PAGE).await?;
        self.after = rows.last().map_or(self.after, |row| row.id);
        let row = |row: store::coop::MemberRow| {
            vec![
                json!(row.id),
                json!(row.display_name),
                json!(row.class),
                json!(row.status),
                json!(row.roles.join(" ")),
                moment(Some(row.joined_at)),
            ]
        };
        Ok(rows.into_iter().map(row).collect())
    }

    async fn record(&mut self, tx: &mut CoopTx) -> Result<Vec<Row>, Problem> {
        let rows = record_list(tx, self.after_number, PAGE).await?;
        self.after_number = rows.last().map_or(self.after_number, |row| row.sequence);
        let row = |row: store::record::RecordRow| {
            vec![
                json!(row.sequence),
                json!(row.kind),
                json!(to_hex(&row.subject)),
                json!(to_hex(&row.record_hash)),
                moment(Some(row.at)),
            ]
        };
        Ok(rows.into_iter().map(row).collect())
    }

    async fn roll(&mut self, tx: &mut CoopTx, proposal: ProposalId) -> Result<Vec<Row>, Problem> {
        let rows = roll_members(tx, proposal, Some(self.after), PAGE).await?;
        self.after = rows.last().map_or(self.after, |row| row.member_id);
        let ids: Vec<Uuid> = rows.iter().map(|row| row.member_id).collect();
        let names = member_names(tx, &ids).await?;
        let names: HashMap<Uuid, String> = names.into_iter().map(|row| (row.id, row.display_name)).collect();
        let row = |row: store::decision::roll::RollMemberRow| {
            let name = names.get(&row.member_id).ok_or(RowDamage("member_id"))?;
            Ok(vec![json!(row.member_id), json!(name), json!(row.weight)])
        };
        rows.into_iter().map(row).collect()
    }

    async fn ballots(&mut self, tx: &mut CoopTx, proposal: ProposalId) -> Result<Vec<Row>, Problem> {
        let rows = ballot_table(tx, proposal, self.after_number, PAGE).await?;
        self.after_number = rows.last().map_or(self.after_number, |row| row.sequence);
        let row = |row: store::decision::ballot_table::BallotTableRow| {
            Ok(vec![
                json!(row.sequence),
                json!(row.voter),
                json!(row.display_name),
                json!(row.revision),
                json!(row.is_counted),
                json!(row.options),
                json!(row.points),
                json!(row.reason),
                json!(signature_kind(row.kind)?.name()),
                json!(to_hex(&row.record_hash)),
                moment(Some(row.cast_at)),
            ])
        };
        rows.into_iter().map(row).collect()
    }

    /// The published count, one field a row.
    async fn tally(&self, proposal: ProposalId) -> Result<Vec<Row>, Problem> {
        let answer = published::tally(&self.app, self.asking, proposal).await?;
        let whole: Value = serde_json::from_slice(&answer.body).map_err(Problem::internal)?;
        let mut rows = Vec::new();
        // With a stack of its own, whatever the depth; the first field comes off first.
        let mut left = vec![(String::new(), whole)];
        while let Some((name, value)) = left.pop() {
            let below = |part: &str| {
                if name.is_empty() {
                    part.to_owned()
                } else {
                    format!("{name}.{part}")
                }
            };
            match value {
                Value::Object(fields) => {
                    left.extend(fields.into_iter().rev().map(|(part, value)| (below(&part), value)));
                }
                Value::Array(items) => {
                    let items = items.into_iter().enumerate().rev();
                    left.extend(items.map(|(part, value)| (below(&part.to_string()), value)));
                }
                value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                    rows.push(vec![json!(name), value]);
                }
            }
        }
        Ok(rows)
    }
}

fn moment(at: Option<DateTime<Utc>>) -> Value {
    json!(at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)))
}
