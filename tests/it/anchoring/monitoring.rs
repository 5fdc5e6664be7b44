//! Aim: what a worker counts can be read where only a worker runs.

use std::net::TcpListener;

use actix_web::web::Data;
use tests::person::Anonymous;

use super::world::Harbour;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_answers_monitoring_and_nothing_else() {
    let harbour = Harbour::with_coops(1).await;
    harbour.app.work().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Data::from(std::sync::Arc::clone(&harbour.app.app));
    let server = server::serve::start_for_monitoring(app, listener).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    let anyone = Anonymous::new(&url);
    assert_eq!(anyone.get("/healthz").send().await.status, 200);
    let metrics = anyone.get("/metrics").send().await;
    let text = String::from_utf8(metrics.bytes.clone()).unwrap();
    for name in [
        "rochdale_jobs_due",
        "rochdale_records_unanchored",
        "rochdale_anchors_halted 0",
    ] {
        assert!(text.contains(name), "{name}: {text}");
    }
    for path in ["/readyz", "/", "coops", "/api/openapi.json", "/metrics/more"] {
        anyone.get(path).send().await.problem("not-found");
    }
    handle.stop(false).await;
    harbour.app.finish().await;
}
