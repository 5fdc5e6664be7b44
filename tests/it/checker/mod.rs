//! The checker checked: every invariant is broken on purpose, and says so.

mod breaking;
mod cases;
mod program;
