//! A server of models that does what a test tells it, well or badly.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What it does with one request.
#[derive(Debug, Clone)]
pub struct Script {
    /// The status.
    pub status: u16,
    /// Further lines of the head.
    pub head: String,
    /// What follows.
    pub steps: Vec<Step>,
}

/// A step of an answer.
#[derive(Debug, Clone)]
pub enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends nothing more and waits until the other side hangs up.
    Stall,
    /// Waits for [`MockUpstream::gate`] to be opened once.
    Gate,
    /// Works for so long before it goes on.
    Pause(Duration),
    /// Hangs up in the middle.
    HangUp,
}

/// What it was asked.
#[derive(Debug, Clone)]
pub struct Got {
    /// The head.
    pub head: String,
    /// The body.
    pub body: Value,
}

/// What is answered to a question.
pub type Answer = fn(&Got) -> Script;

/// A running one.
#[derive(Clone)]
pub struct MockUpstream {
    /// `http://127.0.0.1:port`
    pub origin: String,
    got: Arc<Mutex<Vec<Got>>>,
    scripts: Arc<Mutex<Vec<Script>>>,
    by_question: Arc<Mutex<Option<Answer>>>,
    hung_up: Arc<AtomicUsize>,
    /// Opens [`Step::Gate`].
    pub gate: Arc<Notify>,
}

impl Script {
    /// A stream of events.
    #[must_use]
    pub fn stream(steps: Vec<Step>) -> Self {
        Self {
            status: 200,
            head: String::from("content-type: text/event-stream\r\n"),
            steps,
        }
    }

    /// A body of JSON.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            head: String::from("content-type: application/json\r\n"),
            steps: vec![Step::Send(body.to_string().into_bytes())],
        }
    }
}

/// An event.
#[must_use]
pub fn event(data: &Value) -> Step {
    Step::Send(format!("data: {data}\n\n").into_bytes())
}

/// A chunk of chat with this text.
#[must_use]
pub fn text(text: &str) -> Step {
    choice(json!({"index": 0, "delta": {"content": text}, "finish_reason": null}))
}

/// A chunk of chat with this choice.
#[must_use]
pub fn choice(choice: Value) -> Step {
    event(
        &json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "smol.gguf", "choices": [choice]}),
    )
}

/// The chunk that ends the answer.
#[must_use]
pub fn stop() -> Step {
    choice(json!({"index": 0, "delta": {}, "finish_reason": "stop"}))
}

/// The chunk with usage.
#[must_use]
pub fn usage(usage: Value) -> Step {
    event(
        &json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "smol.gguf", "choices": [], "usage": usage}),
    )
}

/// The last word.
#[must_use]
pub fn done() -> Step {
    Step::Send(b"data: [DONE]\n\n".to_vec())
}

/// A whole answer in three pieces, with usage of 7 and 3.
#[must_use]
pub fn hello() -> Script {
    let told = json!({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10});
    Script::stream(vec![text("Hel"), text("lo"), text("!"), stop(), usage(told), done()])
}

impl MockUpstream {
    /// Starts one that answers each request with the next of these, the last one for good.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let mock = Self {
            origin,
            got: Arc::default(),
            scripts: Arc::new(Mutex::new(scripts)),
            by_question: Arc::default(),
            hung_up: Arc::default(),
            gate: Arc::new(Notify::new()),
        };
        let theirs = mock.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let theirs = theirs.clone();
                tokio::spawn(async move { theirs.serve(stream).await });
            }
        });
        mock
    }

    /// Answers from now on with these.
    ///
    /// # Panics
    /// If another thread panicked with it.
    pub fn script(&self, scripts: Vec<Script>) {
        *self.scripts.lock().unwrap() = scripts;
        *self.by_question.lock().unwrap() = None;
    }

    /// Answers from now on each question as this says.
    ///
    /// # Panics
    /// If another thread panicked with it.
    pub fn answer_by(&self, answer: Answer) {
        *self.by_question.lock().unwrap() = Some(answer);
    }

    /// What it was asked so far.
    #[must_use]
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// Forgets what it was asked.
    ///
    /// # Panics
    /// If another thread panicked with it.
    pub fn forget(&self) {
        self.got.lock().unwrap().clear();
    }

    /// How often the other side hung up while it stalled.
    #[must_use]
    pub fn hung_up(&self) -> usize {
        self.hung_up.load(Ordering::SeqCst)
    }

    fn next(&self, got: &Got) -> Script {
        if let Some(by) = *self.by_question.lock().unwrap() {
            return by(got);
        }
        let mut scripts = self.scripts.lock().unwrap();
        if scripts.len() > 1 {
            scripts.remove(0)
        } else {
            scripts.first().expect("a script").clone()
        }
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        while let Some(got) = read(&mut stream, &mut bytes).await {
            let script = self.next(&got);
            self.got.lock().unwrap().push(got);
            if self.answer(&mut stream, script).await.is_none() {
                return;
            }
        }
    }

    async fn answer(&self, stream: &mut TcpStream, script: Script) -> Option<()> {
        let head = format!(
            "HTTP/1.1 {} Status\r\n{}transfer-encoding: chunked\r\n\r\n",
            script.status, script.head
        );
        stream.write_all(head.as_bytes()).await.ok()?;
        for step in script.steps {
            match step {
                Step::Send(bytes) => {
                    let chunk = [format!("{:x}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n"].concat();
                    stream.write_all(&chunk).await.ok()?;
                }
                Step::Gate => self.gate.notified().await,
                Step::Pause(time) => tokio::time::sleep(time).await,
                Step::HangUp => return None,
                Step::Stall => {
                    let mut byte = [0; 1];
                    let _ = stream.read(&mut byte).await;
                    self.hung_up.fetch_add(1, Ordering::SeqCst);
                    return None;
                }
            }
        }
        stream.write_all(b"0\r\n\r\n").await.ok()
    }
}

/// The next request of a connection.
async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Got> {
    let mut buffer = [0; 16_384];
    loop {
        let text = String::from_utf8_lossy(bytes);
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse::<usize>()
                        .ok()
                })
                .unwrap_or_default();
            let (start, head) = (head.len() + 4, head.to_owned());
            if let Some(body) = bytes.get(start..start + length) {
                let body = serde_json::from_slice(body).unwrap_or_default();
                bytes.drain(..start + length);
                return Some(Got { head, body });
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Looks until it is so, or gives up after a long time.
///
/// # Panics
/// If it never is.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: never");
}
