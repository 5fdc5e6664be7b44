//! Settings that would start and then not be safe, or not work. Each refusal says what to write instead.

use std::net::IpAddr;

use anyhow::{Context as _, ensure};
use url::{Host, Url};

use super::{ChainConfig, Config, LOCAL_ORIGIN, MailConfig};

/// The ids of chains on a developer's own machine (Anvil and Hardhat, Ganache). Their keys are public knowledge anyway.
const LOCAL_CHAINS: [u64; 2] = [31_337, 1_337];
/// The longest origin: with a slash and 64 digits behind it, it must still be the name of a key.
const ORIGIN_BYTES_MAX: usize = 128;

impl Config {
    /// Makes sure that the settings are safe to start with. What only the database or a node can tell is not looked at.
    ///
    /// # Errors
    /// The first setting that is not, with what to do.
    pub fn check(&self) -> anyhow::Result<()> {
        let counts = [
            ("server.workers", self.server.workers),
            ("database.app_connections", self.database.app_connections),
            ("database.global_connections", self.database.global_connections),
        ];
        for (key, count) in counts {
            ensure!(
                count > 0,
                "{key} is 0, so no request could be answered; set it to 1 or more"
            );
        }
        ensure!(
            self.server.attempts_per_minute > 0,
            "server.attempts_per_minute is 0, so nobody could sign in; set it to 1 or more"
        );
        public_url(&self.server.public_url)?;
        if let MailConfig::Smtp { url, .. } = &self.mail {
            smtp(url)?;
        }
        origin(&self.log.origin, &self.server.public_url)?;
        let Some(chain) = &self.chain else { return Ok(()) };
        chain.explorer_url.as_deref().map_or(Ok(()), explorer)?;
        admin(chain)
    }
}

/// The name that every checkpoint bears for good.
fn origin(text: &str, public_url: &str) -> anyhow::Result<()> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-./_:".contains(&byte);
    let is_name = !text.is_empty()
        && text.len() <= ORIGIN_BYTES_MAX
        && text.bytes().all(is_plain)
        && !text.contains("//")
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && !text.ends_with('/');
    ensure!(
        is_name,
        "log.origin must be a domain and perhaps a path, in small letters, without https:// and without a slash at the end, such \
         as vote.example.org/log; it is {text:?}"
    );
    let is_local = Url::parse(public_url).is_ok_and(|url| is_this_machine(&url));
    ensure!(
        text != LOCAL_ORIGIN || is_local,
        "log.origin is left out, and every checkpoint bears it for good; set it to a name that stays yours, such as \
         vote.example.org/log"
    );
    Ok(())
}

/// The address people type: links in mails and wallet messages are built on it, and the cookie of a session needs TLS.
fn public_url(text: &str) -> anyhow::Result<()> {
    let form =
        "server.public_url must be https://host or https://host:port, without a path and without a slash at the end";
    let url = Url::parse(text).with_context(|| format!("{form}; it is {text:?}"))?;
    let (_, place) = text.split_once("://").unwrap_or_default();
    let is_bare = matches!(url.scheme(), "http" | "https")
        && !place.is_empty()
        && !place.contains(['/', '\\', '?', '#', '@'])
        && !text.contains(char::is_whitespace);
    ensure!(is_bare, "{form}; it is {text:?}");
    ensure!(
        url.scheme() == "https" || is_this_machine(&url),
        "server.public_url is {text:?}: without TLS anyone on the way reads passwords; put a proxy with a certificate in front and \
         write https:// (http:// is for localhost, 127.0.0.1 and [::1] alone)"
    );
    Ok(())
}

/// Mails hold links that open accounts. The address holds a password, so it is not repeated.
fn smtp(text: &str) -> anyhow::Result<()> {
    let url = Url::parse(text).map_err(|_| anyhow::anyhow!("mail.url is not the address of an SMTP server"))?;
    let needs_tls = url.scheme() == "smtps"
        || url
            .query_pairs()
            .any(|(key, value)| key == "tls" && value == "required");
    ensure!(
        needs_tls || is_this_machine(&url),
        "mail.url is smtp:// without tls=required, so anyone on the way reads the links that open accounts; write \
         smtps://user:password@host:465 or smtp://user:password@host:587?tls=required"
    );
    Ok(())
}

/// Pages link to it, so it is no script and no address that others could read on the way.
fn explorer(text: &str) -> anyhow::Result<()> {
    let form = "chain.explorer_url must be https:// and hold {tx} once, where the hash of the transaction goes, such as \
                https://explorer.example.org/tx/{tx}";
    let url = Url::parse(text).with_context(|| format!("{form}; it is {text:?}"))?;
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_this_machine(&url));
    let (_, place) = text.split_once("://").unwrap_or_default();
    let (host, page) = place.split_once('/').unwrap_or_default();
    let has_place = !host.contains('{') && page.matches("{tx}").count() == 1 && !page.contains(char::is_whitespace);
    ensure!(is_safe && has_place, "{form}; it is {text:?}");
    Ok(())
}

fn admin(chain: &ChainConfig) -> anyhow::Result<()> {
    ensure!(
        chain.admin.is_some() || LOCAL_CHAINS.contains(&chain.chain_id),
        "chain.admin is left out on the chain {}, so the key on this server alone could close every namespace for good; set it to \
         the address of a multisig or a timelock",
        chain.chain_id
    );
    Ok(())
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn example() -> Config {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rochdale.example.toml");
        Config::load(&path, std::iter::empty()).unwrap()
    }

    fn changed(change: impl FnOnce(&mut Config)) -> Result<(), String> {
        let mut config = example();
        change(&mut config);
        config.check().map_err(|error| format!("{error:#}"))
    }

    #[track_caller]
    fn check_refused(checked: Result<(), String>, word: &str) {
        let refusal = checked.expect_err(word);
        assert!(refusal.contains(word), "{word}: {refusal}");
    }

    #[test]
    fn the_example_may_start() {
        assert_eq!(changed(|_| {}), Ok(()));
    }

    #[test]
    fn the_public_address_is_an_origin_and_uses_tls() {
        for good in [
            "https://vote.example.org",
            "https://vote.example.org:8443",
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]:8080",
        ] {
            assert_eq!(
                changed(|config| config.server.public_url = good.to_owned()),
                Ok(()),
                "{good}"
            );
        }
        for wrong in [
            "",
            "vote.example.org",
            "http://vote.example.org",
            "http://192.0.2.1:8080",
            "http://localhost.example.org",
            "https://vote.example.org/",
            "https://vote.example.org/rochdale",
            "https://vote.example.org?a=b",
            "https://user@vote.example.org",
            "https://",
            "https:vote.example.org",
            "ftp://vote.example.org",
        ] {
            check_refused(
                changed(|config| config.server.public_url = wrong.to_owned()),
                "server.public_url",
            );
        }
    }

    #[test]
    fn the_name_of_the_log_is_chosen_before_anything_is_signed() {
        let log = |origin: &str| {
            let origin = origin.to_owned();
            changed(|config| {
                config.server.public_url = String::from("https://vote.example.org");
                config.log.origin = origin;
            })
        };
        for good in [
            "vote.example.org",
            "vote.example.org/log",
            "log.example.org:8443/a-b_c/1",
        ] {
            assert_eq!(log(good), Ok(()), "{good}");
        }
        let long = "a".repeat(ORIGIN_BYTES_MAX + 1);
        for wrong in [
            "",
            LOCAL_ORIGIN,
            "https://vote.example.org",
            "vote.example.org/",
            "vote.example.org//log",
            "/log",
            "vote example org",
            "vote+example",
            "Vote.example.org",
            "vöte.example.org",
            &long,
        ] {
            check_refused(log(wrong), "log.origin");
        }
    }

    #[test]
    fn mail_leaves_the_machine_over_tls_alone() {
        let smtp = |url: &str| {
            let url = url.to_owned();
            changed(|config| {
                config.mail = MailConfig::Smtp {
                    url,
                    from: String::from("Rochdale <no-reply@example.org>"),
                };
            })
        };
        for good in [
            "smtps://user:secret@mail.example.org:465",
            "smtp://user:secret@mail.example.org:587?tls=required",
            "smtp://127.0.0.1:25",
            "smtp://localhost:25",
            "smtp://[::1]:25",
        ] {
            assert_eq!(smtp(good), Ok(()), "{good}");
        }
        for wrong in [
            "smtp://user:secret@mail.example.org:587",
            "smtp://user:secret@mail.example.org:587?tls=opportunistic",
            "smtp://user:secret@192.0.2.1",
            "mail.example.org",
        ] {
            let refusal = smtp(wrong);
            assert!(!format!("{refusal:?}").contains("secret"), "{refusal:?}");
            check_refused(refusal, "mail.url");
        }
    }

    #[test]
    fn on_a_chain_of_others_somebody_else_than_the_poster_is_the_admin() {
        let on = |chain_id: u64, admin: Option<&str>| {
            let admin = admin.map(str::to_owned);
            changed(|config| {
                config.chain = Some(ChainConfig {
                    rpc_url: String::from("http://127.0.0.1:8545"),
                    chain_id,
                    genesis: None,
                    contract: String::new(),
                    admin,
                    poster_key_file: PathBuf::new(),
                    max_fee_gwei: 1,
                    seal_seconds: 1,
                    explorer_url: None,
                });
            })
        };
        for chain_id in LOCAL_CHAINS {
            assert_eq!(on(chain_id, None), Ok(()));
        }
        assert_eq!(on(100, Some("0x5fbdb2315678afecb367f032d93f642f64180aa3")), Ok(()));
        check_refused(on(100, None), "chain.admin");
    }

    #[test]
    fn an_explorer_is_a_safe_address_with_one_place_for_the_hash() {
        for right in [
            "https://explorer.example.org/tx/{tx}",
            "https://explorer.example.org/?transaction={tx}#logs",
            "http://localhost:4000/tx/{tx}",
        ] {
            assert!(explorer(right).is_ok(), "{right}");
        }
        for wrong in [
            "http://explorer.example.org/tx/{tx}",
            "https://explorer.example.org/tx/",
            "https://explorer.example.org/{tx}/{tx}",
            "https://{tx}.example.org/",
            "https://{tx}.example.org/{tx}",
            "https://explorer.example.org/tx/ {tx}",
            "javascript:alert('{tx}')",
            "/tx/{tx}",
        ] {
            check_refused(
                explorer(wrong).map_err(|error| format!("{error:#}")),
                "chain.explorer_url",
            );
        }
    }

    #[test]
    fn a_count_of_nothing_is_refused_by_its_name() {
        type Change = fn(&mut Config);
        let cases: [(&str, Change); 4] = [
            ("server.workers", |config| config.server.workers = 0),
            ("server.attempts_per_minute", |config| {
                config.server.attempts_per_minute = 0
            }),
            ("database.app_connections", |config| config.database.app_connections = 0),
            ("database.global_connections", |config| {
                config.database.global_connections = 0
            }),
        ];
        for (key, change) in cases {
            check_refused(changed(change), key);
        }
    }
}
