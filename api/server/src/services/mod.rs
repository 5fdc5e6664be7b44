//! Use cases: each decides with `governance`, writes in one transaction and knows no HTTP.

pub mod accounts;
pub mod anchoring;
pub mod anchoring_rows;
pub mod casting;
pub mod email;
pub mod idempotent;
pub mod identity;
pub mod jobs;
pub mod links;
pub mod mail;
pub mod mail_texts;
pub mod passwords;
pub mod sessions;
pub mod siwe;
pub mod wallets;
