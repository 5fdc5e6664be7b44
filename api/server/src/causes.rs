//! Why something failed, as one line for the log.

use std::error::Error;

/// The error with everything behind it, from the outside in. Most errors say only what they add, so the outermost alone, such as
/// "the database failed", helps nobody who reads a log.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        // Some errors repeat what is behind them.
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = inner.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use store::StoreError;

    use super::*;

    #[test]
    fn the_line_goes_down_to_the_cause_and_says_nothing_twice() {
        let refused = || std::io::Error::other("connection refused");
        let wrapped = std::io::Error::other(refused());
        for cause in [refused(), wrapped] {
            assert_eq!(
                chain(&StoreError::Unavailable(Box::new(cause))),
                "the database cannot be reached: connection refused"
            );
        }
        assert_eq!(chain(&StoreError::Busy), "another transaction was in the way");
    }
}
