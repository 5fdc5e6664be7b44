//! A log served by a web server: any that serves files will do.

use std::io::Read as _;

use url::Url;

use crate::chain::Endpoint;
use crate::connection::Connection;

/// The files below one address.
#[derive(Debug)]
pub(super) struct WebReader {
    http: Connection,
    base: Url,
}

impl WebReader {
    pub(super) fn new(endpoint: &Endpoint) -> Result<Self, String> {
        Ok(Self {
            http: endpoint.connect()?,
            base: endpoint.url().clone(),
        })
    }

    /// Reads a file, and one byte more than `bytes_max` at most; `None` if there is none.
    pub(super) fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, String> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        let answer = self.http.get(url)?;
        match answer.code {
            200 => {
                let mut bytes = Vec::new();
                let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
                let read = answer.body.take(limit).read_to_end(&mut bytes);
                read.map_err(|error| format!("the answer broke off: {error}"))?;
                Ok(Some(bytes))
            }
            404 | 410 => Ok(None),
            _ => Err(format!("the server answered {}", answer.status)),
        }
    }
}
