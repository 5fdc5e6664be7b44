//! Where messages may go: to addresses of the public internet and nowhere else, whatever a name leads to at the moment of sending.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

/// The longest address, in characters; the schema says the same.
pub const URL_LENGTH_MAX: usize = 2_000;

/// Whether this very machine may be told too. Tests alone say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loopback {
    /// It is refused, as every address that is not public.
    Refused,
    /// It is allowed, over plain HTTP as well.
    Allowed,
}

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefusal {
    /// It is no address, or too long.
    #[error("it is not an address")]
    Malformed,
    /// It is not encrypted.
    #[error("it must begin with https://")]
    Insecure,
    /// It holds a name or password, or a fragment.
    #[error("it may hold neither a user name nor a fragment; messages are signed instead")]
    Extras,
    /// It leads to a machine that is not on the public internet.
    #[error("it leads to an address that is not public")]
    NotPublic,
    /// The name leads nowhere.
    #[error("its name leads nowhere")]
    Unknown,
}

/// An address that was looked at, with everything that its name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The address.
    pub url: Url,
    /// The name in it, where it is one.
    pub domain: Option<String>,
    /// Where it leads; the connection goes there and is not looked up again.
    pub addresses: Vec<SocketAddr>,
}

/// Looks at an address without asking anyone.
///
/// # Errors
/// [`AddressRefusal`].
pub fn check(text: &str, loopback: Loopback) -> Result<Url, AddressRefusal> {
    if text.len() > URL_LENGTH_MAX {
        return Err(AddressRefusal::Malformed);
    }
    let url = Url::parse(text).map_err(|_| AddressRefusal::Malformed)?;
    let host = url.host().ok_or(AddressRefusal::Malformed)?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(AddressRefusal::Extras);
    }
    let address = match host {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    };
    let is_here = loopback == Loopback::Allowed && address.is_some_and(|address| address.is_loopback());
    match (url.scheme(), is_here) {
        ("https", _) | ("http", true) => {}
        (_, _) => return Err(AddressRefusal::Insecure),
    }
    match host {
        Host::Domain(name) if is_local_name(name) => Err(AddressRefusal::NotPublic),
        Host::Domain(_) => Ok(url),
        Host::Ipv4(_) | Host::Ipv6(_) if is_here || address.is_some_and(is_public) => Ok(url),
        Host::Ipv4(_) | Host::Ipv6(_) => Err(AddressRefusal::NotPublic),
    }
}

/// Looks up where an address leads, and refuses it if any of that is not public: a name with both is a trap.
///
/// # Errors
/// [`AddressRefusal`].
pub async fn resolve(text: &str, loopback: Loopback) -> Result<Resolved, AddressRefusal> {
    let url = check(text, loopback)?;
    let port = url.port_or_known_default().ok_or(AddressRefusal::Malformed)?;
    let Some(Host::Domain(domain)) = url.host().map(|host| host.to_owned()) else {
        return Ok(Resolved {
            url,
            domain: None,
            addresses: Vec::new(),
        });
    };
    let found = tokio::net::lookup_host((domain.as_str(), port)).await;
    let addresses: Vec<SocketAddr> = found.map_err(|_| AddressRefusal::Unknown)?.collect();
    if addresses.is_empty() {
        return Err(AddressRefusal::Unknown);
    }
    if !addresses.iter().all(|address| is_public(address.ip())) {
        return Err(AddressRefusal::NotPublic);
    }
    Ok(Resolved {
        url,
        domain: Some(domain),
        addresses,
    })
}

/// Names that lead into a network of one's own, by what they are for.
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let endings = [
        ".localhost",
        ".local",
        ".internal",
        ".intranet",
        ".lan",
        ".home.arpa",
        ".onion",
    ];
    !name.contains('.') || endings.iter().any(|ending| name.ends_with(ending))
}

/// Whether an address is one of the public internet (the registries of special addresses of IANA).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    !matches!(
        (first, second, third),
        // This network, private, shared by providers, this machine, link-local with the metadata of clouds.
        (0 | 10 | 127, _, _) | (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _)
            // Protocols, documentation, relays, measuring, multicast and what is reserved, to the broadcast address.
            | (192, 0, 0 | 2) | (192, 88, 99) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) | (224..=255, _, _)
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = segments;
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (first, second) {
        // An address of version 4 in other clothes: mapped, translated (NAT64), or 6to4.
        (0, 0) if (third, fourth, fifth, sixth) == (0, 0, 0, 0xffff) => embedded(seventh, eighth),
        (0x64, 0xff9b) if (third, fourth, fifth, sixth) == (0, 0, 0, 0) => embedded(seventh, eighth),
        (0x2002, _) => embedded(second, third),
        // Protocols (Teredo among them), documentation.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, 0..=0xfff) => false,
        // Everything else that is public begins with the bits 001.
        (0x2000..=0x3fff, _) => true,
        (_, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_told() {
        let refused = [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a00:1::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for address in refused {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:4860::8888",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ];
        for address in public {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn an_address_is_looked_at_before_anyone_is_asked() {
        let (public, extras) = (AddressRefusal::NotPublic, AddressRefusal::Extras);
        let refused = [
            ("http://example.org/", AddressRefusal::Insecure),
            ("http://127.0.0.1/", AddressRefusal::Insecure),
            ("ftp://example.org/", AddressRefusal::Insecure),
            ("file:///etc/passwd", AddressRefusal::Malformed),
            ("gopher://127.0.0.1:5432/", AddressRefusal::Insecure),
            ("not an address", AddressRefusal::Malformed),
            ("https://user@example.org/", extras),
            ("https://:password@example.org/", extras),
            ("https://example.org/#part", extras),
            ("https://127.0.0.1:5432/", public),
            ("https://169.254.169.254/latest/meta-data", public),
            ("https://[::1]/", public),
            ("https://[::ffff:127.0.0.1]/", public),
            ("https://[fd00:ec2::254]/", public),
            // The other spellings of addresses that browsers take.
            ("https://2130706433/", public),
            ("https://0x7f.1/", public),
            ("https://0177.0.0.1/", public),
            ("https://127.1/", public),
            ("https://１２７.0.0.1/", public),
            ("https://localhost/", public),
            ("https://LOCALHOST./", public),
            ("https://a.localhost/", public),
            ("https://metadata.google.internal/", public),
            ("https://printer.local/", public),
            ("https://database/", public),
        ];
        for (text, refusal) in refused {
            assert_eq!(check(text, Loopback::Refused), Err(refusal), "{text}");
        }
        for text in [
            "https://example.org/hook?a=b",
            "https://example.org:8443/",
            "https://1.1.1.1/",
        ] {
            assert!(check(text, Loopback::Refused).is_ok(), "{text}");
        }
        assert!(check("http://127.0.0.1:9/", Loopback::Allowed).is_ok());
        for text in [
            "http://10.0.0.1/",
            "https://10.0.0.1/",
            "http://example.org/",
            "https://localhost/",
        ] {
            assert!(
                check(text, Loopback::Allowed).is_err(),
                "{text}, though this machine is allowed"
            );
        }
        assert!(check(&format!("https://example.org/{}", "x".repeat(2_000)), Loopback::Refused).is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_when_it_is_looked_up() {
        // Past the look at the name, as somebody else's name server would answer.
        let found = tokio::net::lookup_host(("localhost", 443)).await.unwrap();
        assert!(found.into_iter().all(|address| !is_public(address.ip())));
        assert_eq!(
            resolve("https://localhost/", Loopback::Allowed).await,
            Err(AddressRefusal::NotPublic)
        );
    }
}
