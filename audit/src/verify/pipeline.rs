//! Lines that are checked on every core while the next ones are read; what came of them is given back in their order.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// So many lines are checked at a time.
const CHUNK_LINES: usize = 1_024;
/// So many bytes of lines are held in one chunk, whatever their number; one line may go beyond.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;
/// More threads than this bring nothing: one thread feeds them.
const THREADS_MAX: usize = 16;
/// So many chunks wait beyond those that are being checked: enough that nobody waits for the reader, and no more memory than that.
const CHUNKS_AHEAD: usize = 2;

/// What is done with each line: its number, its bytes.
type Check<R> = Arc<dyn Fn(u64, &[u8]) -> R + Send + Sync>;

/// Checks lines in chunks.
pub(super) struct Pipeline<R> {
    check: Check<R>,
    chunk: Chunk,
    /// Started with the first full chunk, so that small files need no threads.
    workers: Option<Workers<R>>,
}

#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    /// The number of each line and where it ends.
    ends: Vec<(u64, usize)>,
}

impl Chunk {
    fn check<R>(&self, check: &Check<R>) -> Vec<R> {
        let mut begin = 0;
        let each = self.ends.iter().map(|(number, end)| {
            let line = self.bytes.get(begin..*end).unwrap_or_default();
            begin = *end;
            check(*number, line)
        });
        each.collect()
    }
}

impl<R: Send + 'static> Pipeline<R> {
    pub(super) fn new(check: impl Fn(u64, &[u8]) -> R + Send + Sync + 'static) -> Self {
        Self {
            check: Arc::new(check),
            chunk: Chunk::default(),
            workers: None,
        }
    }

    /// Takes a line, and gives what came of lines before it, if that is known by now.
    pub(super) fn push(&mut self, number: u64, line: &[u8]) -> Vec<R> {
        self.chunk.bytes.extend_from_slice(line);
        self.chunk.ends.push((number, self.chunk.bytes.len()));
        if self.chunk.ends.len() < CHUNK_LINES && self.chunk.bytes.len() < CHUNK_BYTES {
            return Vec::new();
        }
        let chunk = std::mem::take(&mut self.chunk);
        let Ok(cores) = std::thread::available_parallelism() else {
            // In a page there are no threads.
            return chunk.check(&self.check);
        };
        let workers = self.workers.get_or_insert_with(|| Workers::start(cores, &self.check));
        let first = workers.has_enough().then(|| workers.first()).flatten();
        workers.hand_over(chunk);
        first.unwrap_or_default()
    }

    /// What came of the oldest lines whose results were not given yet; `None` once there are none.
    pub(super) fn next(&mut self) -> Option<Vec<R>> {
        if let Some(results) = self.workers.as_mut().and_then(Workers::first) {
            return Some(results);
        }
        let chunk = std::mem::take(&mut self.chunk);
        (!chunk.ends.is_empty()).then(|| chunk.check(&self.check))
    }
}

/// The threads. They end with this value.
struct Workers<R> {
    /// `None` once there is nothing more to do.
    jobs: Option<Sender<Job<R>>>,
    /// Where the results of chunks come, oldest first.
    waiting: VecDeque<Receiver<Vec<R>>>,
    threads: Vec<JoinHandle<()>>,
}

struct Job<R> {
    chunk: Chunk,
    results: SyncSender<Vec<R>>,
}

impl<R: Send + 'static> Workers<R> {
    fn start(cores: NonZero<usize>, check: &Check<R>) -> Self {
        let count = cores.get().min(THREADS_MAX);
        let (jobs, receiver) = channel::<Job<R>>();
        let receiver = Arc::new(Mutex::new(receiver));
        let work = || {
            let (check, receiver) = (Arc::clone(check), Arc::clone(&receiver));
            move || {
                while let Some(job) = next_job(&receiver) {
                    // Nobody waits any more where reading was given up.
                    let _ = job.results.send(job.chunk.check(&check));
                }
            }
        };
        Self {
            jobs: Some(jobs),
            waiting: VecDeque::new(),
            threads: (0..count).map(|_| std::thread::spawn(work())).collect(),
        }
    }

    fn has_enough(&self) -> bool {
        self.waiting.len() >= self.threads.len().saturating_add(CHUNKS_AHEAD)
    }

    fn hand_over(&mut self, chunk: Chunk) {
        let (results, receiver) = sync_channel(1);
        // If every worker is gone, the missing answer is found by who waits for it.
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(Job { chunk, results }));
        self.waiting.push_back(receiver);
    }

    fn first(&mut self) -> Option<Vec<R>> {
        let results = self.waiting.pop_front()?.recv();
        if results.is_err() {
            self.end();
        }
        results.ok()
    }
}

impl<R> Workers<R> {
    /// Waits for the threads. A panic of one is a defect of this program and ends it.
    fn end(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            if let Err(panic) = thread.join()
                && !std::thread::panicking()
            {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

impl<R> Drop for Workers<R> {
    fn drop(&mut self) {
        self.end();
    }
}

fn next_job<R>(jobs: &Mutex<Receiver<Job<R>>>) -> Option<Job<R>> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(count: u64, line: &[u8]) -> Vec<u64> {
        let mut pipeline = Pipeline::new(|number, line: &[u8]| number + line.len() as u64);
        let mut results: Vec<u64> = (0..count).flat_map(|number| pipeline.push(number, line)).collect();
        while let Some(more) = pipeline.next() {
            results.extend(more);
        }
        results
    }

    #[test]
    fn every_line_is_checked_once_and_in_order_however_many_there_are() {
        let large = vec![b'x'; CHUNK_BYTES / 3];
        for (count, line) in [
            (0, &b"abc"[..]),
            (1, b"abc"),
            (1_023, b"abc"),
            (1_024, b"abc"),
            (1_025, b"abc"),
            (100_000, b"abc"),
            (50, large.as_slice()),
        ] {
            let expected: Vec<u64> = (0..count).map(|number| number + line.len() as u64).collect();
            assert_eq!(run(count, line), expected, "{count} lines of {} bytes", line.len());
        }
    }

    #[test]
    fn lines_wait_within_a_bound() {
        let mut pipeline = Pipeline::new(|_, _: &[u8]| ());
        let (mut given, mut back) = (0_usize, 0_usize);
        for number in 0..200_000 {
            given += 1;
            back += pipeline.push(number, b"x").len();
            let threads = pipeline.workers.as_ref().map_or(0, |workers| workers.threads.len());
            assert!(given - back <= (threads + CHUNKS_AHEAD + 1) * CHUNK_LINES);
        }
    }

    #[test]
    #[should_panic(expected = "line 5000")]
    fn a_panic_of_a_worker_is_not_lost() {
        let mut pipeline = Pipeline::new(|number, _: &[u8]| assert!(number != 5_000, "line {number}"));
        for number in 0..100_000 {
            pipeline.push(number, b"x");
        }
        while pipeline.next().is_some() {}
    }
}
