//! What the person in front of the terminal sees.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How wide the line beside the spinner may get, in characters.
const MESSAGE_WIDTH_MAX: usize = 90;

/// Prints a line on standard output.
pub fn say(text: &str) {
    // Nobody may be left to read it.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints a failure on standard error.
pub fn say_error(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "cargo xtask: {text}");
}

/// One step that takes its time: a spinner in a terminal, a line at the beginning and at the end elsewhere.
pub struct Step {
    name: String,
    began: Instant,
    spinner: Option<ProgressBar>,
}

impl Step {
    /// Shows that it has begun.
    pub fn begin(name: &str) -> Self {
        let spinner = std::io::stderr().is_terminal().then(|| {
            let spinner = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {elapsed}  {wide_msg:.dim}") {
                spinner.set_style(style);
            }
            spinner.set_prefix(name.to_owned());
            spinner.enable_steady_tick(Duration::from_millis(120));
            spinner
        });
        if spinner.is_none() {
            say(&format!("...  {name}"));
        }
        Self {
            name: name.to_owned(),
            began: Instant::now(),
            spinner,
        }
    }

    /// Shows the latest line of what is running.
    pub fn show(&self, line: &str) {
        if let Some(spinner) = &self.spinner {
            let line: String = line.trim().chars().take(MESSAGE_WIDTH_MAX).collect();
            if !line.is_empty() {
                spinner.set_message(line);
            }
        }
    }

    /// Seconds since it began.
    pub fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Shows how it ended.
    pub fn end(self, mark: &str, note: &str) {
        let seconds = self.seconds();
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
        let note = if note.is_empty() {
            String::new()
        } else {
            format!(": {note}")
        };
        say(&format!("{mark:<4} {}{note} ({seconds:.1} s)", self.name));
    }
}
