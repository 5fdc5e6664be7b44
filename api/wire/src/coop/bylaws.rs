//! Bylaws.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use governance::bylaws::Bylaws;
use governance::hash::Hash32;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A version of the bylaws.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BylawsView {
    /// From 1; the highest is in force.
    pub version: i64,
    /// When it was put in force.
    pub adopted_at: DateTime<Utc>,
    /// The bylaws as data.
    #[schema(value_type = Object)]
    pub content: Bylaws,
    /// The rule of each kind of decision in plain sentences, in English.
    pub sentences: BTreeMap<String, String>,
    /// The same in Chinese.
    pub sentences_zh: BTreeMap<String, String>,
    /// The salt of the record.
    #[schema(value_type = String)]
    pub salt: Hash32,
    /// The hash of the record, `BylawsV1`.
    #[schema(value_type = String)]
    pub record_hash: Hash32,
}
