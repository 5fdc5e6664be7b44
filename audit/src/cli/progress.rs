//! How far a long command is, on a terminal.
//!
//! Nothing is printed where stderr is no terminal, and nothing within the first second. The line is erased before anything else is
//! printed.

use std::cell::RefCell;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Who waits less sees nothing.
const QUIET_FOR: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_millis(200);

/// A line that tells how much is done. It is erased when this value goes.
pub(super) struct Progress {
    /// `None` where there is no terminal.
    to: Option<Box<dyn Write>>,
    doing: &'static str,
    done: u64,
    all: u64,
    next_at: Instant,
    shown_chars: usize,
}

impl Progress {
    /// Begins something of which there is `all`, in whatever unit [`Self::reach`] is told.
    pub(super) fn on_stderr(doing: &'static str, all: u64) -> Self {
        let stderr = std::io::stderr();
        let to: Option<Box<dyn Write>> = stderr.is_terminal().then(|| Box::new(stderr) as Box<dyn Write>);
        Self::new(to, doing, all, Instant::now())
    }

    fn new(to: Option<Box<dyn Write>>, doing: &'static str, all: u64, now: Instant) -> Self {
        Self {
            to,
            doing,
            done: 0,
            all,
            next_at: now.checked_add(QUIET_FOR).unwrap_or(now),
            shown_chars: 0,
        }
    }

    /// So much of all is done.
    pub(super) fn reach(&mut self, done: u64, all: u64) {
        (self.done, self.all) = (done, all);
        // Nobody looks at the clock where nobody looks at the line.
        if self.to.is_some() {
            self.show(Instant::now());
        }
    }

    fn show(&mut self, now: Instant) {
        let Some(to) = self.to.as_mut().filter(|_| now >= self.next_at) else {
            return;
        };
        self.next_at = now.checked_add(EVERY).unwrap_or(now);
        let percent = u128::from(self.done.min(self.all)).saturating_mul(100) / u128::from(self.all.max(1));
        let text = format!("{} {percent:>3} %", self.doing);
        self.shown_chars = self.shown_chars.max(text.chars().count());
        // A terminal that takes nothing is no reason to stop.
        let _ = write!(to, "\r{text}").and_then(|()| to.flush());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(to) = self.to.as_mut().filter(|_| self.shown_chars > 0) {
            let _ = write!(to, "\r{:width$}\r", "", width = self.shown_chars).and_then(|()| to.flush());
        }
    }
}

/// Reads, and tells how many bytes were read.
pub(super) struct Watched<R> {
    from: R,
    progress: Rc<RefCell<Progress>>,
}

impl<R> Watched<R> {
    pub(super) fn new(from: R, progress: &Rc<RefCell<Progress>>) -> Self {
        let progress = Rc::clone(progress);
        Self { from, progress }
    }

    fn add(&self, bytes: usize) {
        let mut progress = self.progress.borrow_mut();
        let done = progress.done.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        let all = progress.all;
        progress.reach(done, all);
    }
}

impl<R: BufRead> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.add(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Watched<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.from.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.from.consume(amount);
        self.add(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Screen(Rc<RefCell<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn seen(screen: &Screen) -> String {
        String::from_utf8(screen.0.borrow().clone()).unwrap()
    }

    #[test]
    fn a_terminal_sees_one_line_after_a_second_and_then_none() {
        let (screen, begin) = (Screen::default(), Instant::now());
        let mut progress = Progress::new(Some(Box::new(screen.clone())), "reading", 200, begin);
        progress.done = 50;
        progress.show(begin + Duration::from_millis(999));
        assert_eq!(seen(&screen), "");
        progress.show(begin + Duration::from_millis(1_000));
        progress.done = 100;
        progress.show(begin + Duration::from_millis(1_100));
        progress.show(begin + Duration::from_millis(1_200));
        assert_eq!(seen(&screen), "\rreading  25 %\rreading  50 %");
        drop(progress);
        assert_eq!(seen(&screen), "\rreading  25 %\rreading  50 %\r             \r");
    }

    #[test]
    fn without_a_terminal_nothing_is_printed() {
        let begin = Instant::now();
        let mut progress = Progress::new(None, "reading", 200, begin);
        progress.show(begin + Duration::from_secs(60));
        assert_eq!(progress.shown_chars, 0);
        // The tests themselves have no terminal on stderr, or the line stays empty for a second.
        drop(Progress::on_stderr("reading", 1));
    }

    #[test]
    fn bytes_are_counted_however_they_are_read() {
        let progress = Rc::new(RefCell::new(Progress::new(None, "reading", 10, Instant::now())));
        let mut watched = Watched::new(&b"0123456789"[..], &progress);
        let mut four = [0; 4];
        watched.read_exact(&mut four).unwrap();
        assert_eq!(progress.borrow().done, 4);
        assert_eq!(watched.fill_buf().unwrap(), b"456789");
        watched.consume(6);
        assert_eq!(progress.borrow().done, 10);
    }
}
