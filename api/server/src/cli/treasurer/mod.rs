//! `rochdale treasurer`: the steps of a payout cycle from a terminal or a script, over the API like any other client, with the rights of
//! whoever signed in and no others.

mod claiming;
mod client;
mod cycles;
mod ending;
mod files;
mod payments;
mod session;
mod terminal;

use std::path::PathBuf;

use clap::Subcommand;

use client::Client;
use session::{Session, SignIn, usual_path};
use terminal::{Consent, Form, Terminal};

#[derive(clap::Args)]
pub struct Treasurer {
    /// Where the session is kept.
    #[arg(long, env = "ROCHDALE_SESSION", value_name = "FILE", global = true)]
    session: Option<PathBuf>,
    /// Answer with one JSON document on standard output; words go to standard error.
    #[arg(long, global = true)]
    json: bool,
    /// Do what is shown without asking.
    #[arg(long, global = true, conflicts_with = "dry_run")]
    yes: bool,
    /// Do nothing; say what would be done.
    #[arg(long, global = true)]
    dry_run: bool,
    #[command(subcommand)]
    command: TreasurerCommand,
}

#[derive(Subcommand)]
enum TreasurerCommand {
    /// Begin a session on this machine. It lasts thirty days from here.
    SignIn(SignIn),
    /// End the session.
    SignOut,
    #[command(flatten)]
    Cycle(cycles::CycleCommand),
    #[command(flatten)]
    Payment(payments::PaymentCommand),
    #[command(flatten)]
    End(ending::EndCommand),
    #[command(flatten)]
    File(files::FileCommand),
    #[command(flatten)]
    Claim(claiming::ClaimCommand),
}

pub async fn run(asked: Treasurer) -> anyhow::Result<()> {
    let terminal = Terminal {
        consent: match (asked.yes, asked.dry_run) {
            (true, _) => Consent::Given,
            (false, true) => Consent::Withheld,
            (false, false) => Consent::Asked,
        },
        form: if asked.json { Form::Json } else { Form::Words },
    };
    let path = asked.session.map_or_else(usual_path, Ok)?;
    let client = |path| Client::new(Session::load(path)?);
    match asked.command {
        TreasurerCommand::SignIn(asked) => sign_in(terminal, path, asked).await,
        TreasurerCommand::SignOut => {
            Session::load(path)?.end().await?;
            terminal.tell("Signed out.")
        }
        TreasurerCommand::Cycle(command) => cycles::run(terminal, &mut client(path)?, command).await,
        TreasurerCommand::Payment(command) => payments::run(terminal, &mut client(path)?, command).await,
        TreasurerCommand::End(command) => ending::run(terminal, &mut client(path)?, command).await,
        TreasurerCommand::File(command) => files::run(terminal, &mut client(path)?, command).await,
        TreasurerCommand::Claim(command) => claiming::run(terminal, &mut client(path)?, command).await,
    }
}

async fn sign_in(terminal: Terminal, path: PathBuf, asked: SignIn) -> anyhow::Result<()> {
    let shown = path.display().to_string();
    let (_, own) = Session::begin(path, asked).await?;
    let offices: Vec<&str> = own.me.roles.iter().map(|role| role.name()).collect();
    let offices = if offices.is_empty() {
        String::from("no office")
    } else {
        offices.join(", ")
    };
    terminal.tell(format_args!(
        "Signed in to {} as {} ({offices}). The session is kept in {shown}: whoever reads that file acts as you.",
        own.name, own.me.display_name
    ))?;
    terminal.answer(&own)
}
