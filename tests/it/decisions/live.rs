//! Aim: whoever follows a proposal is told how it stands, now and as it changes, by any number of streams at little cost, and whoever may
//! not see it follows nothing. Method: real streams of the running server, read piece by piece.

use std::time::Duration;

use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Person;

use super::world::{Hall, motion};

/// A stream that is read as it comes.
struct Stream {
    answer: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(app: &TestApp, person: &Person, (path, last): (&str, Option<&str>)) -> reqwest::Response {
        let url = format!("{}/api/v1/{path}", app.url);
        let request = reqwest::Client::new().get(url).bearer_auth(&person.token);
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        request.send().await.unwrap()
    }

    async fn of(app: &TestApp, person: &Person, place: (&str, Option<&str>)) -> Self {
        let answer = Self::open(app, person, place).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self {
            answer,
            text: String::new(),
        }
    }

    /// The next event: its id, its kind, its data. Comments and waits are passed over.
    async fn event(&mut self) -> (String, String, Value) {
        loop {
            if let Some((block, rest)) = self
                .text
                .split_once("\n\n")
                .map(|(one, rest)| (one.to_owned(), rest.to_owned()))
            {
                self.text = rest;
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::to_owned)
                };
                if let Some(data) = field("data: ") {
                    let (id, kind) = (field("id: ").unwrap(), field("event: ").unwrap());
                    return (id, kind, serde_json::from_str(&data).unwrap());
                }
                continue;
            }
            let piece = tokio::time::timeout(Duration::from_secs(20), self.answer.chunk()).await;
            let piece = piece
                .expect("an event in time")
                .unwrap()
                .expect("a stream that goes on");
            self.text.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_how_a_vote_stands_and_again_when_that_changes() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let proposal = hall.opened_motion().await;
    let path = hall.path(&format!("live?proposal={proposal}"));
    let [ada, bo] = &hall.members[..] else {
        panic!("two members")
    };
    let mut stream = Stream::of(&app, &ada.person, (&path, None)).await;
    let (first, kind, data) = stream.event().await;
    assert_eq!((kind.as_str(), &data["state"]), ("proposal", &json!("open")));
    assert_eq!(data["turnout"], json!({"cast": 0, "of": 3}));

    let _ = hall.cast(bo, proposal, 1, &[0]).await.expect(201);
    let (second, _, data) = stream.event().await;
    assert_eq!(data["turnout"]["cast"], 1);
    assert_ne!(first, second);

    // Whoever knows what stands is told nothing until it changes; whoever knows less is told at once.
    let mut knows = Stream::of(&app, &bo.person, (&path, Some(&second))).await;
    let mut behind = Stream::of(&app, &bo.person, (&path, Some(&first))).await;
    assert_eq!(behind.event().await.0, second);
    let _ = hall.cast(ada, proposal, 1, &[1]).await.expect(201);
    let (third, _, data) = knows.event().await;
    assert_eq!(data["turnout"]["cast"], 2);
    assert_eq!(stream.event().await.0, third);
    drop((stream, knows, behind));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_vote_and_a_draft_tell_nothing_and_a_stranger_follows_nothing() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let mut sealed = motion();
    sealed["kind"] = json!("hidden");
    sealed["secrecy"] = json!("sealed");
    let sealed = hall.opened(&sealed).await;
    let path = hall.path(&format!("live?proposal={sealed}"));
    let mut stream = Stream::of(&app, &hall.steward.person, (&path, None)).await;
    assert_eq!(stream.event().await.2["turnout"], Value::Null);

    let stranger = app.person("Stranger").await;
    let refused = Stream::open(&app, &stranger, (&path, None)).await;
    assert_eq!(refused.status(), 404);
    let draft = hall.draft(&hall.steward, &motion()).await;
    for (query, status) in [
        (format!("proposal={draft}"), 404),
        (format!("cycle={draft}"), 404),
        (format!("proposal={draft}&cycle={draft}"), 422),
        (String::new(), 422),
    ] {
        let path = hall.path(&format!("live?{query}"));
        let answer = Stream::open(&app, &hall.members[0].person, (&path, None)).await;
        assert_eq!(answer.status(), status, "{query}");
    }
    drop(stream);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_holds_more_than_a_dozen_streams_and_a_server_that_stops_ends_them() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposal = hall.opened_motion().await;
    let path = hall.path(&format!("live?proposal={proposal}"));
    let mut streams = Vec::new();
    for _ in 0..12 {
        streams.push(Stream::of(&app, &hall.steward.person, (&path, None)).await);
    }
    let refused = Stream::open(&app, &hall.steward.person, (&path, None)).await;
    assert_eq!(refused.status(), 429);
    let mut another = Stream::of(&app, &hall.members[0].person, (&path, None)).await;
    let _ = another.event().await;
    app.app.live.stop();
    let end = tokio::time::timeout(Duration::from_secs(20), another.answer.chunk()).await;
    assert_eq!(end.expect("an end in time").unwrap(), None);
    drop(streams);
    app.finish().await;
}
