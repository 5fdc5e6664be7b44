//! How many tests passed and failed, read from what test runners say at their end.

/// What a runner counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
}

impl Counts {
    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Who ran the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// One check, which its exit status answers.
    Check,
    /// cargo nextest: `Summary [ 1.041s] 3 tests run: 3 passed, 0 skipped`.
    Nextest,
    /// cargo test, documentation tests included: `test result: ok. 4 passed; 0 failed; ...`, once for each binary.
    Cargo,
    /// forge: `Ran 3 test suites in 2.43s (2.55s CPU time): 35 tests passed, 0 failed, 0 skipped (35 total tests)`.
    Forge,
    /// Ours, in the browser: `159 passed, 0 failed`, alone on a line.
    Plain,
    /// vitest: `Tests  12 passed (12)` or `Tests  1 failed | 11 passed (12)`.
    Vitest,
}

impl Runner {
    /// The lines at the end that say it.
    fn closing_lines(self, text: &str) -> Vec<String> {
        text.lines().map(plain).filter(|line| self.is_closing(line)).collect()
    }

    /// Those of them that a person wants to see: a crate without tests has nothing to say.
    pub fn worth_showing(self, text: &str) -> Vec<String> {
        let mut lines = self.closing_lines(text);
        lines.retain(|line| !line.contains(" 0 passed; 0 failed"));
        lines
    }

    fn is_closing(self, line: &str) -> bool {
        match self {
            Self::Check => false,
            Self::Nextest => line.starts_with("Summary [") && line.contains(" run: "),
            Self::Cargo => line.starts_with("test result: "),
            Self::Forge => line.starts_with("Ran ") && line.contains(" total tests)"),
            Self::Plain => line.split_once(" passed, ").is_some_and(|(passed, failed)| {
                let failed = failed.strip_suffix(" failed").unwrap_or(failed);
                [passed, failed].iter().all(|number| number.parse::<u64>().is_ok())
            }),
            Self::Vitest => line.starts_with("Tests ") && line.ends_with(')'),
        }
    }

    /// What the lines say in sum. A runner that failed without counting a failure, or that did not come to its end, is one
    /// failure.
    pub fn counts(self, text: &str, success: bool) -> Counts {
        let mut counts = Counts::default();
        for line in self.closing_lines(text) {
            let (passed, failed) = (before(&line, "passed"), before(&line, "failed"));
            let timed_out = if self == Self::Nextest {
                before(&line, "timed out")
            } else {
                0
            };
            counts.add(Counts {
                passed,
                failed: failed + timed_out,
            });
        }
        let silent = self.closing_lines(text).is_empty();
        // The script that leads forge notes that there is none for this machine, and whoever reads the notes counts that.
        let is_left_out = self == Self::Forge && success && silent && not_run(text).next().is_some();
        if self == Self::Check && success {
            counts.passed = 1;
        } else if is_left_out {
            return counts;
        } else if counts.failed == 0 && (silent || !success) {
            counts.failed = 1;
        }
        counts
    }
}

/// The number right before a word: `35 tests passed`, `3 passed`.
fn before(line: &str, word: &str) -> u64 {
    let Some((head, _)) = line.split_once(word) else {
        return 0;
    };
    head.split_whitespace()
        .rev()
        .find(|part| *part != "tests")
        .and_then(|part| part.trim_start_matches('(').parse().ok())
        .unwrap_or(0)
}

/// A line without colours and surrounding space.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            // A colour ends with a letter.
            for next in letters.by_ref() {
                if next.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            text.push(letter);
        }
    }
    text.trim().to_owned()
}

/// The notes of tests that could not run, without the words in front.
pub fn not_run(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .filter_map(|line| plain(line).strip_prefix("NOT RUN: ").map(String::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(runner: Runner, text: &str, success: bool, passed: u64, failed: u64) {
        assert_eq!(
            runner.counts(text, success),
            Counts { passed, failed },
            "{runner:?}: {text}"
        );
    }

    #[test]
    fn each_runner_says_it_in_its_own_way() {
        let nextest = "     Summary [   1.041s] 3 tests run: 3 passed, 0 skipped\n";
        check(Runner::Nextest, nextest, true, 3, 0);
        let nextest = "Summary [ 2.0s] 5/9 tests run: 2 passed (1 slow), 2 failed, 1 timed out, 0 skipped\n";
        check(Runner::Nextest, nextest, false, 2, 3);
        let cargo = "test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
                     test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        check(Runner::Cargo, cargo, false, 5, 2);
        let forge =
            "Ran 3 test suites in 2.43s (2.55s CPU time): 35 tests passed, 0 failed, 0 skipped (35 total tests)\n";
        check(Runner::Forge, forge, true, 35, 0);
        check(
            Runner::Vitest,
            "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m12 passed\u{1b}[39m\u{1b}[22m (12)\n",
            true,
            12,
            0,
        );
        check(Runner::Vitest, " Tests  1 failed | 11 passed (12)\n", false, 11, 1);
        check(
            Runner::Plain,
            "  ok    2 passed, 1 failed before\n159 passed, 0 failed\n",
            true,
            159,
            0,
        );
        check(Runner::Check, "whatever", true, 1, 0);
        check(Runner::Check, "whatever", false, 0, 1);
    }

    #[test]
    fn a_runner_that_does_not_come_to_its_end_has_not_passed() {
        check(Runner::Nextest, "", true, 0, 1);
        check(Runner::Forge, "", false, 0, 1);
        check(
            Runner::Cargo,
            "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
            true,
            0,
            0,
        );
        check(
            Runner::Nextest,
            "Summary [ 1.0s] 3 tests run: 3 passed, 0 skipped",
            false,
            3,
            1,
        );
    }

    #[test]
    fn a_machine_without_forge_has_neither_passed_nor_failed() {
        let note = "> node scripts/forge.mjs test\nNOT RUN: contracts, forge for win32 x64 is not installed\n";
        check(Runner::Forge, note, true, 0, 0);
        check(Runner::Forge, note, false, 0, 1);
        check(Runner::Nextest, note, true, 0, 1);
    }

    #[test]
    fn notes_are_found_wherever_they_stand_in_the_output() {
        let text = "x\n    NOT RUN: chain-anvil, run npm ci in contracts\nNOT RUN: a, b\nit was NOT RUN: c\n";
        let found: Vec<String> = not_run(text).collect();
        assert_eq!(found, ["chain-anvil, run npm ci in contracts", "a, b"]);
    }
}
