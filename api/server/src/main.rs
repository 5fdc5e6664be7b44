//! `rochdale`: serve, work, migrate, openapi, admin.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
