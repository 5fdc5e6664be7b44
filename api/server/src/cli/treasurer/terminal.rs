//! How a treasurer's command talks with whoever runs it: what it would do, whether it should, how long it has been at it, what it did.

use std::fmt::Display;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde::Serialize;
use wire::account::SecretText;

/// How often to say that a step is still under way.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// What is said where a step is only shown.
pub const NOTHING_DONE: &str = "Nothing was done; this is what would be.";

/// Whether a step that was shown is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Whoever runs the command is asked.
    Asked,
    /// It was given beforehand.
    Given,
    /// It is only shown.
    Withheld,
}

/// Where words and answers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Words on standard output.
    Words,
    /// One JSON document on standard output, words on standard error.
    Json,
}

/// How the command talks.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    pub consent: Consent,
    pub form: Form,
}

impl Terminal {
    /// Tells something in words.
    pub fn tell(self, text: impl Display) -> anyhow::Result<()> {
        match self.form {
            Form::Words => super::super::say(text),
            Form::Json => aside(text),
        }
    }

    /// The answer itself, where it is wanted as JSON.
    pub fn answer(self, value: &impl Serialize) -> anyhow::Result<()> {
        match self.form {
            Form::Words => Ok(()),
            Form::Json => super::super::say(serde_json::to_string_pretty(value)?),
        }
    }

    /// Whether steps are only shown, and none is taken.
    pub fn only_shows(self) -> bool {
        self.consent == Consent::Withheld
    }

    /// Whether to do what was shown. The preview is the answer where nothing more is wanted.
    ///
    /// # Errors
    /// If the person says no, so that a script does not go on.
    pub fn confirms(self, preview: &impl Serialize, question: impl Display) -> anyhow::Result<bool> {
        match self.consent {
            Consent::Given => Ok(true),
            Consent::Withheld => {
                self.answer(preview)?;
                self.tell(NOTHING_DONE)?;
                Ok(false)
            }
            Consent::Asked => {
                ask(format_args!("{question} [y/N] "))?;
                let said = line()?;
                if matches!(said.trim(), "y" | "Y" | "yes") {
                    return Ok(true);
                }
                bail!("nothing was done; answer y, or give --yes, to do it")
            }
        }
    }

    /// Waits for a step and says now and then that it is under way.
    pub async fn wait<T>(self, doing: impl Display, work: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(TELL_EVERY, &mut work).await {
                Ok(done) => return done,
                // Whether this can be told does not decide what becomes of the step.
                Err(_) => drop(aside(format_args!("  {doing}, {} s so far", begun.elapsed().as_secs()))),
            }
        }
    }
}

/// Reads a password: without showing it where a person types, else the first line.
pub fn password() -> anyhow::Result<SecretText> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return line().map(|text| SecretText::new(text.trim_end_matches(['\r', '\n'])));
    }
    ask("Password: ")?;
    let shown = tcgetattr(&input)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&input, OptionalActions::Flush, &hidden)?;
    let read = line();
    tcsetattr(&input, OptionalActions::Flush, &shown)?;
    aside("")?;
    read.map(|text| SecretText::new(text.trim_end_matches(['\r', '\n'])))
}

fn line() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut text)
        .context("the answer cannot be read")?;
    Ok(text)
}

fn ask(text: impl Display) -> anyhow::Result<()> {
    let mut output = std::io::stderr().lock();
    write!(output, "{text}")?;
    Ok(output.flush()?)
}

fn aside(text: impl Display) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stderr().lock(), "{text}")?)
}
