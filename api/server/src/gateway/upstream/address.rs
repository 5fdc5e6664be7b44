//! Where upstreams may be: on the public internet over TLS, or exactly where the operator allows.
//!
//! A name is looked up by the client itself, and an address that is not public is refused there, at the very look-up whose answer the
//! connection is made to: a name that leads elsewhere a moment later leads nowhere. Redirects are not followed.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

use crate::services::webhooks::address::{AddressRefusal, Loopback, URL_LENGTH_MAX, check, is_public};

/// How an upstream may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It must be public, whatever its name leads to.
    Public,
    /// The operator allows its origin, wherever that is.
    Allowed,
}

/// Looks at the address of an upstream without asking anyone. `allowed` are the origins that the operator allows.
///
/// # Errors
/// [`AddressRefusal`].
pub fn look_at(base_url: &str, allowed: &[String]) -> Result<(Url, Reach), AddressRefusal> {
    if base_url.len() > URL_LENGTH_MAX {
        return Err(AddressRefusal::Malformed);
    }
    let url = Url::parse(base_url).map_err(|_| AddressRefusal::Malformed)?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() || url.query().is_some() {
        return Err(AddressRefusal::Extras);
    }
    let origin = url.origin();
    let is_allowed = origin.is_tuple()
        && allowed
            .iter()
            .any(|text| Url::parse(text).is_ok_and(|url| url.origin() == origin));
    if is_allowed {
        return match url.scheme() {
            "http" | "https" => Ok((url, Reach::Allowed)),
            _ => Err(AddressRefusal::Insecure),
        };
    }
    check(base_url, Loopback::Refused).map(|url| (url, Reach::Public))
}

/// Looks names up and takes public addresses alone: a name that leads to both kinds is a trap.
#[derive(Debug)]
pub struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(public_alone(found)?)
        })
    }
}

fn public_alone(found: Vec<SocketAddr>) -> Result<Addrs, AddressRefusal> {
    if found.is_empty() {
        return Err(AddressRefusal::Unknown);
    }
    if !found.iter().all(|address| is_public(address.ip())) {
        return Err(AddressRefusal::NotPublic);
    }
    Ok(Box::new(found.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_public_or_exactly_where_the_operator_allows() {
        let allowed = [
            String::from("http://127.0.0.1:8080"),
            String::from("https://models.lan/"),
        ];
        let cases = [
            ("https://api.example.org/v1", Ok(Reach::Public)),
            ("http://127.0.0.1:8080/v1", Ok(Reach::Allowed)),
            ("https://models.lan/v1", Ok(Reach::Allowed)),
            ("http://127.0.0.1:8081/v1", Err(AddressRefusal::Insecure)),
            ("https://127.0.0.1:8080/v1", Err(AddressRefusal::NotPublic)),
            ("http://models.lan/v1", Err(AddressRefusal::Insecure)),
            ("https://other.lan/v1", Err(AddressRefusal::NotPublic)),
            ("http://127.0.0.1:8080@evil.example/v1", Err(AddressRefusal::Extras)),
            ("http://user@127.0.0.1:8080/v1", Err(AddressRefusal::Extras)),
            ("http://127.0.0.1:8080/v1?a=b", Err(AddressRefusal::Extras)),
            ("https://169.254.169.254/latest", Err(AddressRefusal::NotPublic)),
            ("https://[::ffff:127.0.0.1]/v1", Err(AddressRefusal::NotPublic)),
            ("https://2130706433/v1", Err(AddressRefusal::NotPublic)),
            ("file:///etc/passwd", Err(AddressRefusal::Malformed)),
            ("not an address", Err(AddressRefusal::Malformed)),
        ];
        for (text, expected) in cases {
            assert_eq!(look_at(text, &allowed).map(|(_, reach)| reach), expected, "{text}");
        }
        assert!(look_at(&format!("https://example.org/{}", "x".repeat(2_000)), &[]).is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_where_the_connection_is_made() {
        // As if somebody's name server had changed its answer after the address was looked at.
        let client = reqwest::Client::builder()
            .no_proxy()
            .dns_resolver(PublicNames)
            .build()
            .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = client
            .get(format!("http://localhost:{port}/"))
            .send()
            .await
            .unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        let mixed = vec!["1.1.1.1:443".parse().unwrap(), "10.0.0.1:443".parse().unwrap()];
        assert!(public_alone(mixed).is_err() && public_alone(Vec::new()).is_err());
        assert!(public_alone(vec!["1.1.1.1:443".parse().unwrap()]).is_ok());
    }
}
