//! `/api/v1/coops/{coop}/access/keys` and what belongs to one.

use actix_web::web::{Data, Query};
use governance::id::{AccessKeyId, MemberId};
use wire::access::{AccessKeySecret, AccessKeyView, NewAccessKey, RotateAccessKey};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor, Member};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::access::keys;
use crate::services::proposals::Asking;

/// The member's own keys for the tools, old ones too. What proves them is nowhere.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/access/keys", operation_id = "list_access_keys", tag = "access",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<AccessKeyView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_access_keys(
    app: Data<App>,
    actor: Actor<Member>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    keys::list(&app, Asking::from(&actor), query.into_inner()).await
}

/// Makes a key for the tools. Its text is shown this once.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/access/keys", operation_id = "make_access_key", tag = "access",
    params(("coop" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = NewAccessKey,
    responses((status = 201, body = AccessKeySecret),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn make_access_key(
    app: Data<App>,
    actor: Actor<Active>,
    command: Command<NewAccessKey>,
) -> Result<Answer, Problem> {
    keys::make(&app, Asking::from(&actor), command).await
}

/// Makes a key that takes the place of another one, with the same scopes. Both work for the time asked for.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/access/keys/{access_key}/rotation", operation_id = "rotate_access_key", tag = "access",
    params(("coop" = String, Path, format = Uuid), ("access_key" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = RotateAccessKey,
    responses((status = 201, body = AccessKeySecret),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn rotate_access_key(
    app: Data<App>,
    actor: Actor<Active>,
    key: Id<AccessKeyId>,
    command: Command<RotateAccessKey>,
) -> Result<Answer, Problem> {
    keys::rotate(&app, Asking::from(&actor), key.0, command).await
}

/// Revokes a key: nothing is admitted with it from now on. Members revoke their own, suspended ones too; stewards anybody's.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    delete, path = "/api/v1/coops/{coop}/access/members/{member}/keys/{access_key}", operation_id = "revoke_access_key", tag = "access",
    params(("coop" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid),
        ("access_key" = String, Path, format = Uuid)),
    responses((status = 204, description = "Nothing is admitted with it any more"),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn revoke_access_key(
    app: Data<App>,
    actor: Actor<Member>,
    member: Id<MemberId>,
    key: Id<AccessKeyId>,
) -> Result<Answer, Problem> {
    keys::revoke(&app, Asking::from(&actor), (member.0, key.0)).await
}
