//! Proposals, ballots, results: each file is one endpoint.

pub mod adopt;
pub mod answer_contest;
pub mod cancel;
pub mod cancel_opening;
pub mod cast;
pub mod close;
pub mod contest;
pub mod discuss;
pub mod draft;
pub mod edit;
pub mod execute;
pub mod get;
pub mod get_bundle;
pub mod get_member_receipt;
pub mod get_my_ballots;
pub mod get_receipt;
pub mod get_roll;
pub mod get_tally;
pub mod judge_objection;
pub mod list;
pub mod list_anchors;
pub mod list_consent_objections;
pub mod list_records;
pub mod list_versions;
pub mod object;
pub mod open;
pub mod preview;
pub mod put_to_one_vote;
pub mod reply;
pub mod sponsor;
pub mod withdraw;

use actix_web::web::{ServiceConfig, get, patch, post, resource};
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths(
    draft::draft_proposal,
    list::list_proposals,
    get::get_proposal,
    edit::edit_proposal,
    list_versions::list_proposal_versions,
    adopt::adopt_alternative,
    put_to_one_vote::put_to_one_vote,
    discuss::discuss_proposal,
    open::open_voting,
    cancel_opening::cancel_opening,
    close::close_voting,
    withdraw::withdraw_proposal,
    cancel::cancel_proposal,
    sponsor::sponsor_proposal,
    object::object_to_proposal,
    reply::reply_to_notice,
    contest::contest_result,
    answer_contest::answer_contest,
    list_consent_objections::list_consent_objections,
    judge_objection::judge_consent_objection,
    execute::execute_proposal,
    preview::preview_proposal,
    get_roll::get_roll,
    cast::cast_ballot,
    get_my_ballots::get_my_ballots,
    get_member_receipt::get_member_receipt,
    get_tally::get_tally,
    get_bundle::get_bundle,
    list_anchors::list_anchors,
    list_records::list_records,
    get_receipt::get_receipt,
))]
pub struct Api;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        // First, since routes are tried in their order and nothing is asked as often.
        .service(step("ballots").route(post().to(cast::cast_ballot)))
        .service(
            resource("/api/v1/coops/{coop}/proposals")
                .route(post().to(draft::draft_proposal))
                .route(get().to(list::list_proposals)),
        )
        .service(
            resource("/api/v1/coops/{coop}/proposals/{proposal}")
                .route(get().to(get::get_proposal))
                .route(patch().to(edit::edit_proposal)),
        )
        .service(step("versions").route(get().to(list_versions::list_proposal_versions)))
        .service(step("adoptions").route(post().to(adopt::adopt_alternative)))
        .service(step("joint-vote").route(post().to(put_to_one_vote::put_to_one_vote)))
        .service(step("discussion").route(post().to(discuss::discuss_proposal)))
        .service(step("opening").route(post().to(open::open_voting)))
        .service(step("opening-cancellation").route(post().to(cancel_opening::cancel_opening)))
        .service(step("closing").route(post().to(close::close_voting)))
        .service(step("withdrawal").route(post().to(withdraw::withdraw_proposal)))
        .service(step("cancellation").route(post().to(cancel::cancel_proposal)))
        .service(step("sponsors").route(post().to(sponsor::sponsor_proposal)))
        .service(step("objections").route(post().to(object::object_to_proposal)))
        .service(step("reply").route(post().to(reply::reply_to_notice)))
        .service(step("contests").route(post().to(contest::contest_result)))
        .service(step("contest-verdicts").route(post().to(answer_contest::answer_contest)))
        .service(
            step("consent-objections")
                .route(get().to(list_consent_objections::list_consent_objections))
                .route(post().to(judge_objection::judge_consent_objection)),
        )
        .service(step("execution").route(post().to(execute::execute_proposal)))
        .service(step("preview").route(get().to(preview::preview_proposal)))
        .service(step("roll").route(get().to(get_roll::get_roll)))
        .service(step("ballots/mine/receipt").route(get().to(get_member_receipt::get_member_receipt)))
        .service(step("ballots/mine").route(get().to(get_my_ballots::get_my_ballots)))
        .service(step("tally").route(get().to(get_tally::get_tally)))
        .service(step("bundle").route(get().to(get_bundle::get_bundle)))
        .service(resource("/api/v1/coops/{coop}/anchors").route(get().to(list_anchors::list_anchors)))
        .service(resource("/api/v1/coops/{coop}/records").route(get().to(list_records::list_records)))
        .service(resource("/api/v1/coops/{coop}/receipts/{record_hash}").route(get().to(get_receipt::get_receipt)));
}

/// What belongs to one proposal.
fn step(name: &str) -> actix_web::Resource {
    resource(format!("/api/v1/coops/{{coop}}/proposals/{{proposal}}/{name}"))
}
