//! Aim: to know what is answered to bytes that are no request. The library answers them before anything of ours runs, and it has no
//! place to change that, so these answers are bare; docs/api.md says so. When a test here fails the library changed: then see whether
//! its answers can be made problem documents, and say in docs/api.md what holds.

use std::time::Duration;

use server::http::headers;
use tests::app::TestApp;

use super::raw::{RawReply, ask};

#[track_caller]
fn check_bare(reply: Option<RawReply>, status: u16, why: &str) {
    let reply = reply.unwrap_or_else(|| panic!("{why}: the connection stays open"));
    assert_eq!(reply.status, status, "{why}");
    assert_eq!(reply.body, "", "{why}: no body that a browser could take for a page");
    assert_eq!(reply.header("content-length"), Some("0"), "{why}");
    assert_eq!(reply.header("content-type"), None, "{why}");
    assert_eq!(reply.header("server"), None, "{why}");
    for (name, _) in headers::ALL {
        assert_eq!(reply.header(name), None, "{why}: {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_answered_bare_and_the_connection_closed() {
    let app = TestApp::start().await;
    let many: String = (0..200).map(|number| format!("x-{number}: 1\r\n")).collect();
    let large = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}", "a".repeat(140_000));
    let cases = [
        ("no request line", String::from("nonsense\r\n\r\n"), 400),
        ("another protocol", String::from("GET / HTTP/9.9\r\n\r\n"), 400),
        (
            "TLS to a port without it",
            String::from("\u{16}\u{3}\u{1}\r\n\r\n"),
            400,
        ),
        (
            "a header without a name",
            String::from("GET / HTTP/1.1\r\n: x\r\n\r\n"),
            400,
        ),
        (
            "two lengths",
            String::from("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"),
            400,
        ),
        (
            "a length and chunks",
            String::from(
                "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            ),
            400,
        ),
        ("too many headers", format!("GET / HTTP/1.1\r\n{many}\r\n"), 431),
        ("a head that is too large", large, 431),
    ];
    for (why, bytes, status) in cases {
        check_bare(ask(&app.url, bytes.as_bytes(), None).await, status, why);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_trickles_is_cut_off() {
    let app = TestApp::start().await;
    let drip = Some((b"x-a: 1\r\n".as_slice(), Duration::from_millis(300)));
    let reply = ask(&app.url, b"GET /healthz HTTP/1.1\r\nhost: x\r\n", drip).await;
    check_bare(reply, 408, "a head that never ends");
    app.finish().await;
}
