//! What crosses the wire: bodies of requests and answers, problem documents, bundles.

pub mod page;
pub mod problem;
