//! `devstack postgres FOLDER` and `devstack anvil FOLDER PROGRAM`: starts one program, prints its process id and its address,
//! and stops it at the end of standard input. For trying things by hand, and for the tests that kill it.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use devstack::postgres::{Binaries, Durability};
use devstack::{Anvil, AnvilOptions, DevstackError, Postgres, PostgresOptions};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["postgres", folder] => hold_postgres(Path::new(folder)),
        ["anvil", folder, program] => hold_anvil(Path::new(folder), Path::new(program)),
        _ => {
            say(
                std::io::stderr(),
                "usage: devstack postgres FOLDER | devstack anvil FOLDER PROGRAM",
            );
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(std::io::stderr(), &error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn hold_postgres(folder: &Path) -> Result<(), DevstackError> {
    let mut options = PostgresOptions::new(folder, Binaries::find(Path::new(".local/npm"))?);
    options.durability = Durability::Volatile;
    let server = Postgres::start(&options)?;
    hold(server.process(), &server.superuser_url("postgres"));
    server.stop()
}

fn hold_anvil(folder: &Path, program: &Path) -> Result<(), DevstackError> {
    let mut options = AnvilOptions::new(program, folder);
    options.keeps_state = true;
    let server = Anvil::start(&options)?;
    hold(server.process(), &server.url());
    server.stop()
}

fn hold(process: u32, address: &str) {
    say(std::io::stdout(), &format!("{process} {address}"));
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn say(mut place: impl std::io::Write, text: &str) {
    // Nobody may be left to hear it.
    let _ = writeln!(place, "{text}").and_then(|()| place.flush());
}
