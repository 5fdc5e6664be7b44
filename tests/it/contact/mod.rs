//! What members say and what they are told.

mod discussion;
mod inbox;
mod reminders;
