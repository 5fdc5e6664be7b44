//! Who asks, and by what right. A handler's right to act stands in its signature: a route that takes [`Actor<Steward>`] cannot be
//! reached by anyone else.

use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, dev};
use governance::id::{AccountId, CoopId, MemberId, SessionId};
use governance::membership::{Class, Role};
use wire::problem::ProblemKind;

use super::path;
use crate::app::App;
use crate::problem::Problem;
use crate::tokens::Named;

type Finding<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// A person with a session that lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedIn {
    /// The account.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
}

/// A member of the co-op in the address, with the right `R`.
pub struct Actor<R> {
    /// The person.
    pub signed_in: SignedIn,
    /// The co-op.
    pub coop: CoopId,
    /// The membership.
    pub member: MemberId,
    /// The class.
    pub class: Class,
    /// Whether the membership is active; otherwise suspended.
    pub is_active: bool,
    /// The roles held right now.
    pub roles: Vec<Role>,
    right: PhantomData<R>,
}

impl<R> Actor<R> {
    /// Whether a role is held.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.is_active && self.roles.contains(&role)
    }
}

/// A right that a route asks for.
pub trait Right {
    /// Whether a membership has it.
    ///
    /// # Errors
    /// 403 with what is missing.
    fn check(is_active: bool, roles: &[Role]) -> Result<(), Problem>;
}

/// To see the co-op: every member, suspended ones too.
pub struct Member;
/// To act in the co-op: every active member.
pub struct Active;
/// To keep the roll and open decisions.
pub struct Steward;
/// To keep the books.
pub struct Treasurer;
/// To look into histories: stewards and auditors.
pub struct Overseer;

impl Right for Member {
    fn check(_: bool, _: &[Role]) -> Result<(), Problem> {
        Ok(())
    }
}

impl Right for Active {
    fn check(is_active: bool, _: &[Role]) -> Result<(), Problem> {
        if is_active {
            return Ok(());
        }
        Err(Problem::new(
            ProblemKind::MembershipInactive,
            "Your membership is suspended: you can read, and not act. Ask a steward of your co-op.",
        ))
    }
}

impl Right for Steward {
    fn check(is_active: bool, roles: &[Role]) -> Result<(), Problem> {
        require_role(is_active, roles, &[Role::Steward])
    }
}

impl Right for Treasurer {
    fn check(is_active: bool, roles: &[Role]) -> Result<(), Problem> {
        require_role(is_active, roles, &[Role::Treasurer])
    }
}

impl Right for Overseer {
    fn check(is_active: bool, roles: &[Role]) -> Result<(), Problem> {
        require_role(is_active, roles, &[Role::Steward, Role::Auditor])
    }
}

fn require_role(is_active: bool, roles: &[Role], wanted: &[Role]) -> Result<(), Problem> {
    Active::check(is_active, roles)?;
    if wanted.iter().any(|role| roles.contains(role)) {
        return Ok(());
    }
    let names: Vec<&str> = wanted.iter().map(|role| role.name()).collect();
    let detail = format!("Only a {} of the co-op can do this. Ask one.", names.join(" or "));
    Err(Problem::new(ProblemKind::RoleNeeded, detail).with("role", names))
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Finding<Self>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { signed_in(&request).await })
    }
}

/// A person with a session, or nobody at all; a token that is not valid is still refused.
pub struct MaybeSignedIn(pub Option<SignedIn>);

impl FromRequest for MaybeSignedIn {
    type Error = Problem;
    type Future = Finding<Self>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            if !request.headers().contains_key(AUTHORIZATION) {
                return Ok(Self(None));
            }
            signed_in(&request).await.map(Some).map(Self)
        })
    }
}

/// A person whose token is genuine, or nobody at all. Whether the session still lives must be asked before anything is done; hot
/// work asks for many at once.
pub struct MaybeToken(pub Option<Named>);

impl FromRequest for MaybeToken {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        std::future::ready(if request.headers().contains_key(AUTHORIZATION) {
            named(request).map(Some).map(Self)
        } else {
            Ok(Self(None))
        })
    }
}

impl<R: Right + 'static> FromRequest for Actor<R> {
    type Error = Problem;
    type Future = Finding<Self>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let signed_in = signed_in(&request).await?;
            let coop = path::id::<CoopId>(&request)?;
            let actor: Self = app(&request)?.member(signed_in, coop).await?;
            R::check(actor.is_active, &actor.roles)?;
            Ok(actor)
        })
    }
}

impl<R> Actor<R> {
    /// A member as it was just read.
    pub(crate) const fn of(
        signed_in: SignedIn,
        coop: CoopId,
        member: MemberId,
        class: Class,
        is_active: bool,
        roles: Vec<Role>,
    ) -> Self {
        Self {
            signed_in,
            coop,
            member,
            class,
            is_active,
            roles,
            right: PhantomData,
        }
    }
}

fn app(request: &HttpRequest) -> Result<&Data<App>, Problem> {
    request
        .app_data::<Data<App>>()
        .ok_or_else(|| Problem::internal("the application is not configured"))
}

async fn signed_in(request: &HttpRequest) -> Result<SignedIn, Problem> {
    let named = named(request)?;
    app(request)?.signed_in(named).await
}

/// Whom the token of the request names.
fn named(request: &HttpRequest) -> Result<Named, Problem> {
    // Exactly one header: of two, each program in between might look at another one.
    let mut values = request.headers().get_all(AUTHORIZATION);
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Problem::unauthenticated());
    };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("Bearer "))
        .ok_or_else(Problem::unauthenticated)?;
    app(request)?
        .tokens()
        .verify(token)
        .map_err(|_| Problem::unauthenticated())
}
