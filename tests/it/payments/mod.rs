//! How what posted cycles owe is paid.

mod files;
mod world;
