//! Shared AI tools: keys, what is decided about them, what is used, and the meter that the gateway asks.

mod batches;
pub mod checking;
mod crowd;
mod free;
pub mod keys;
pub mod meter;
pub mod owing;
mod probes;
pub mod proving;
pub mod reads;
mod refusing;
pub mod registry;
pub mod sweeping;
pub mod totals;
pub mod turns;

use governance::access::{
    Endpoint, ModelTerms, Overhead, PartialChargeRule, Policy, Price, Subject, ToolKind, ToolTerms,
};
use governance::id::MemberId;
use governance::membership::{Class, Role};
use store::access::{ModelRow, PolicyRow, SubjectRow, ToolRow};

use crate::services::decision_rows::{RowDamage, number};

/// A policy as it stands in a row.
///
/// # Errors
/// If it is damaged.
pub fn policy(row: &PolicyRow) -> Result<Policy, RowDamage> {
    serde_json::from_value(row.content.clone()).map_err(|_| RowDamage("content"))
}

/// A member as it stands in a row.
///
/// # Errors
/// If it is damaged.
pub fn subject(row: &SubjectRow) -> Result<Subject, RowDamage> {
    let roles: Option<_> = row.roles.iter().map(|name| Role::from_name(name)).collect();
    Ok(Subject {
        member: MemberId::from_uuid(row.id),
        class: Class::from_name(&row.class).ok_or(RowDamage("class"))?,
        roles: roles.ok_or(RowDamage("role"))?,
    })
}

/// A tool's terms as they stand in a row.
///
/// # Errors
/// If they are damaged.
pub fn tool_terms(row: &ToolRow) -> Result<ToolTerms, RowDamage> {
    Ok(ToolTerms {
        kind: ToolKind::from_name(&row.kind).ok_or(RowDamage("kind"))?,
        base_url: row.base_url.clone(),
        external: row.external,
        data_location: row.data_location.clone(),
        slots: number(row.slots.into(), "slots")?,
        first_byte_seconds: number(row.first_byte_seconds.into(), "first_byte_seconds")?,
        idle_seconds: number(row.idle_seconds.into(), "idle_seconds")?,
    })
}

/// A model's terms as they stand in a row.
///
/// # Errors
/// If they are damaged.
pub fn model_terms(row: &ModelRow) -> Result<ModelTerms, RowDamage> {
    let endpoints: Option<Vec<Endpoint>> = row.endpoints.iter().map(|name| Endpoint::from_name(name)).collect();
    Ok(ModelTerms {
        tool: row.tool.clone(),
        upstream_name: row.upstream_name.clone(),
        licence: row.licence.clone(),
        context_tokens: number(row.context_tokens, "context_tokens")?,
        output_tokens: number(row.output_tokens, "output_tokens")?,
        price: Price {
            input: number(row.price_input, "price_input")?,
            output: number(row.price_output, "price_output")?,
            call: number(row.price_call, "price_call")?,
        },
        overhead: Overhead {
            call: number(row.overhead_call, "overhead_call")?,
            message: number(row.overhead_message, "overhead_message")?,
        },
        endpoints: endpoints.ok_or(RowDamage("endpoints"))?,
        fallbacks: row.fallbacks.clone(),
    })
}

/// A rule by its name in a row.
///
/// # Errors
/// If it is damaged.
pub fn charge_rule(name: &str) -> Result<PartialChargeRule, RowDamage> {
    PartialChargeRule::from_name(name).ok_or(RowDamage("rule"))
}
