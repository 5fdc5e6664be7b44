//! How often one may try, by the address of the client and by the account aimed at. In memory and for this process alone; what must
//! hold across processes is a rule of the database.
//!
//! There is no lockout: after a flood an account is slow to sign in to, for everyone, and nobody has to unlock it.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, dev};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::problem::Problem;
use crate::services::email::Email;

/// The most keys remembered by one limiter, some 10 MiB. Beyond that new keys share [`SHARED_KEYS`] places: a flood from many
/// addresses slows itself and costs no memory.
const KEYS_MAX: usize = 100_000;
const SHARED_KEYS: u64 = 1_024;
/// How often a full limiter looks for keys to forget.
const SWEEP_PERIOD: Duration = Duration::from_secs(1);
/// How many mails one address may be sent at once, and how long until the next one: nobody's mailbox can be flooded through us.
const MAILS_AT_ONCE: u32 = 5;
const MAIL_PERIOD: Duration = Duration::from_secs(600);

/// Where a request comes from: a whole IPv4 address, or the /64 of an IPv6 address, since whoever has one address there has all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The part of an address that one client has.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(IpAddr::V4(address)),
            IpAddr::V6(address) => {
                let [first, second, third, fourth, ..] = address.segments();
                Self(IpAddr::V6(Ipv6Addr::new(first, second, third, fourth, 0, 0, 0, 0)))
            }
        }
    }
}

impl ClientAddress {
    /// The address, as far as one client is told from another.
    #[must_use]
    pub const fn address(self) -> IpAddr {
        self.0
    }
}

impl FromRequest for ClientAddress {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let Some(app) = request.app_data::<Data<App>>() else {
            return std::future::ready(Err(Problem::internal("the application is not configured")));
        };
        let peer = request
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let address = claimed(request.headers(), app.config.server.trusted_proxies).unwrap_or(peer);
        std::future::ready(Ok(Self::of(address)))
    }
}

/// The address that the outermost of our `proxies` saw: the last entry of `X-Forwarded-For` comes from the innermost one, and what is
/// left of the entry sought was written by the client. `None` where the header is not to be believed.
fn claimed(headers: &HeaderMap, proxies: usize) -> Option<IpAddr> {
    let from_right = proxies.checked_sub(1)?;
    // Several headers are one list (RFC 9110, 5.3), so a second header cannot hide the first.
    let lists: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .map(|value| value.to_str().unwrap_or(""))
        .collect();
    let entry = lists
        .iter()
        .rev()
        .flat_map(|list| list.rsplit(','))
        .nth(from_right)?
        .trim();
    let unbracketed = entry
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map(|(address, _)| address);
    let without_port = || entry.split_once(':').map_or(entry, |(address, _)| address);
    entry
        .parse()
        .ok()
        .or_else(|| unbracketed?.parse().ok())
        .or_else(|| without_port().parse().ok())
}

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// To sign in, or to prove a password otherwise.
    Password,
    /// To have a mail sent.
    Mail,
    /// To use a mailed link.
    Link,
    /// To get a nonce.
    Nonce,
}

/// The limits of this process.
pub struct Limits {
    clients: Keyed,
    accounts: Keyed,
    mailboxes: Keyed,
}

impl Limits {
    /// As many attempts a minute as said, for each client and each account.
    #[must_use]
    pub fn new(attempts_per_minute: u32) -> Self {
        let attempts = Quota::per_minute(NonZeroU32::new(attempts_per_minute).unwrap_or(NonZeroU32::MIN));
        let mails = Quota::with_period(MAIL_PERIOD)
            .unwrap_or(attempts)
            .allow_burst(NonZeroU32::new(MAILS_AT_ONCE).unwrap_or(NonZeroU32::MIN));
        Self {
            clients: Keyed::new(attempts),
            accounts: Keyed::new(attempts),
            mailboxes: Keyed::new(mails),
        }
    }

    /// Counts an attempt of a client.
    ///
    /// # Errors
    /// 429 with when to come again.
    pub fn client(&self, attempt: Attempt, client: ClientAddress) -> Result<(), Problem> {
        self.clients.check((attempt, client))
    }

    /// Counts an attempt of a client on the account with this address, whether there is one or not.
    ///
    /// # Errors
    /// As [`Self::client`].
    pub fn account(&self, attempt: Attempt, client: ClientAddress, email: &Email) -> Result<(), Problem> {
        self.client(attempt, client)?;
        match attempt {
            Attempt::Mail => self.mailboxes.check(email.as_str()),
            Attempt::Password | Attempt::Link | Attempt::Nonce => self.accounts.check((attempt, email.as_str())),
        }
    }
}

/// A limiter by key, of bounded size. A key is remembered as its hash under a secret of this process.
struct Keyed {
    limiter: DefaultKeyedRateLimiter<u64>,
    secret: RandomState,
    clock: DefaultClock,
    keys_max: usize,
    swept: Mutex<Option<Instant>>,
}

impl Keyed {
    fn new(quota: Quota) -> Self {
        Self {
            limiter: RateLimiter::keyed(quota),
            secret: RandomState::new(),
            clock: DefaultClock::default(),
            keys_max: KEYS_MAX,
            swept: Mutex::new(None),
        }
    }

    fn check(&self, key: impl Hash) -> Result<(), Problem> {
        let hash = self.secret.hash_one(key);
        let key = if self.has_room() { hash } else { hash % SHARED_KEYS };
        self.limiter.check_key(&key).map_err(|refused| {
            let wait = refused.wait_time_from(self.clock.now());
            let seconds = wait.as_secs().saturating_add(1);
            Problem::new(
                ProblemKind::TooManyRequests,
                format!("That was tried too often. Wait {seconds} seconds and try again."),
            )
            .retry_after(seconds)
        })
    }

    fn has_room(&self) -> bool {
        if self.limiter.len() < self.keys_max {
            return true;
        }
        // One request at a time sweeps, and not often: sweeping looks at every key.
        if let Ok(mut swept) = self.swept.try_lock()
            && swept.is_none_or(|at| at.elapsed() >= SWEEP_PERIOD)
        {
            *swept = Some(Instant::now());
            self.limiter.retain_recent();
        }
        self.limiter.len() < self.keys_max
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn forwarded(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(
                HeaderName::from_static("x-forwarded-for"),
                HeaderValue::from_str(line).unwrap(),
            );
        }
        headers
    }

    #[test]
    fn a_client_cannot_choose_the_address_it_is_known_by() {
        let cases: [(&[&str], usize, Option<&str>); 10] = [
            (&["6.6.6.6"], 0, None),
            (&[], 1, None),
            (&["1.1.1.1"], 1, Some("1.1.1.1")),
            (&["6.6.6.6, 1.1.1.1"], 1, Some("1.1.1.1")),
            (&["6.6.6.6", "1.1.1.1"], 1, Some("1.1.1.1")),
            (&["6.6.6.6, 1.1.1.1, 10.0.0.1"], 2, Some("1.1.1.1")),
            (&["1.1.1.1"], 2, None),
            (&["1.1.1.1:4711"], 1, Some("1.1.1.1")),
            (&["[2001:db8::1]:4711"], 1, Some("2001:db8::1")),
            (&["unknown"], 1, None),
        ];
        for (lines, proxies, expected) in cases {
            assert_eq!(
                claimed(&forwarded(lines), proxies),
                expected.map(|text| text.parse().unwrap()),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn all_addresses_of_one_ipv6_network_are_one_client() {
        let of = |text: &str| ClientAddress::of(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn the_attempt_beyond_the_limit_is_refused_for_its_client_and_for_its_account() {
        let limits = Limits::new(3);
        let client = |last: u8| ClientAddress::of(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
        let email = |name: &str| Email::read(&format!("{name}@example.org")).unwrap();
        for _ in 0..3 {
            assert!(limits.account(Attempt::Password, client(1), &email("ada")).is_ok());
        }
        let refused = limits.account(Attempt::Password, client(1), &email("bob"));
        assert_eq!(
            refused.err().map(|problem| problem.kind()),
            Some(ProblemKind::TooManyRequests),
            "by client"
        );
        assert!(
            limits.account(Attempt::Password, client(2), &email("ada")).is_err(),
            "by account"
        );
        assert!(limits.account(Attempt::Password, client(3), &email("bob")).is_ok());
        assert!(limits.client(Attempt::Link, client(1)).is_ok(), "another thing to try");
    }

    #[test]
    fn a_mailbox_cannot_be_flooded_from_many_addresses() {
        let limits = Limits::new(1_000);
        let email = Email::read("ada@example.org").unwrap();
        let sent = (0..100_u8)
            .filter(|last| {
                let client = ClientAddress::of(IpAddr::V4(Ipv4Addr::new(192, 0, 2, *last)));
                limits.account(Attempt::Mail, client, &email).is_ok()
            })
            .count();
        assert_eq!(sent, 5);
    }

    #[test]
    fn a_limiter_that_is_full_stays_as_large_as_it_is_and_still_limits() {
        let mut keyed = Keyed::new(Quota::per_minute(NonZeroU32::new(2).unwrap()));
        keyed.keys_max = 1_000;
        let accepted = (0..100_000_u32).filter(|key| keyed.check(key).is_ok()).count();
        assert!(keyed.limiter.len() <= 1_000 + 1_024, "{}", keyed.limiter.len());
        assert!(accepted <= 1_000 + 2 * 1_024 + 100, "{accepted}");
    }
}
