//! What members say and what they are told.

mod discussion;
mod feeds;
mod inbox;
mod reminders;
mod tables;
pub mod webhooks;
