//! `rochdale-audit`: checks a bundle without trusting the server, counts ballot files, watches the log and checks receipts.
//!
//! Exit status: 0 everything required holds, 1 a contradiction or a malformed file, 2 evidence or a lot is missing, 3 usage.

mod cli;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use cli::{Cli, Stop, USAGE};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing can be done if help cannot be printed.
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return ExitCode::from(if asked { 0 } else { USAGE });
        }
    };
    match cli.command.run() {
        Ok(status) => ExitCode::from(status),
        Err(Stop(text, status)) => {
            let _ = writeln!(std::io::stderr(), "rochdale-audit: {text}");
            ExitCode::from(status)
        }
    }
}
