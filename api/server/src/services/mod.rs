//! Use cases: each decides with `governance`, writes in one transaction and knows no HTTP.

pub mod accounts;
pub mod anchoring;
pub mod anchoring_rows;
pub mod applications;
pub mod bylaws;
pub mod casting;
pub mod coops;
pub mod email;
pub mod founding;
pub mod idempotent;
pub mod identity;
pub mod imports;
pub mod invitations;
pub mod jobs;
pub mod keys;
pub mod links;
pub mod mail;
pub mod mail_texts;
pub mod members;
pub mod paging;
pub mod passwords;
pub mod roles;
pub mod seeding;
pub mod sessions;
pub mod siwe;
pub mod wallets;
