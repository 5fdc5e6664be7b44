//! Connections to the endpoints and logs that an auditor names, and to nobody else. A program that runs in a page makes none.

use std::io::Read;

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) code: u16,
    /// The code with its name, as in "404 Not Found".
    pub(crate) status: String,
    pub(crate) body: Box<dyn Read>,
}

#[cfg(not(target_family = "wasm"))]
mod network {
    use std::time::Duration;

    use reqwest::blocking::{Client, RequestBuilder};
    use url::Url;

    use super::Answer;

    /// How long one question may take.
    const TIMEOUT: Duration = Duration::from_secs(15);

    #[derive(Debug)]
    pub(crate) struct Connection(Client);

    impl Connection {
        /// Follows no redirect: one would carry questions to a host that the auditor did not name.
        pub(crate) fn open(is_local: bool) -> Result<Self, String> {
            let mut builder = Client::builder()
                .timeout(TIMEOUT)
                .redirect(reqwest::redirect::Policy::none());
            if is_local {
                builder = builder.no_proxy();
            }
            builder.build().map(Self).map_err(|error| told(&error))
        }

        pub(crate) fn get(&self, url: Url) -> Result<Answer, String> {
            send(self.0.get(url))
        }

        pub(crate) fn post_json(&self, url: Url, body: String) -> Result<Answer, String> {
            send(self.0.post(url).header("content-type", "application/json").body(body))
        }
    }

    fn send(request: RequestBuilder) -> Result<Answer, String> {
        let response = request.send().map_err(|error| told(&error))?;
        Ok(Answer {
            code: response.status().as_u16(),
            status: response.status().to_string(),
            body: Box::new(response),
        })
    }

    /// An error without the address, which may hold a key.
    fn told(error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("no answer within {} seconds", TIMEOUT.as_secs());
        }
        let mut text = "no answer".to_owned();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        text
    }
}

#[cfg(target_family = "wasm")]
mod network {
    use url::Url;

    use super::Answer;

    #[derive(Debug)]
    pub(crate) enum Connection {}

    impl Connection {
        pub(crate) fn open(_is_local: bool) -> Result<Self, String> {
            Err("no connections are made from here".to_owned())
        }

        pub(crate) fn get(&self, _url: Url) -> Result<Answer, String> {
            match *self {}
        }

        pub(crate) fn post_json(&self, _url: Url, _body: String) -> Result<Answer, String> {
            match *self {}
        }
    }
}

pub(crate) use network::Connection;
