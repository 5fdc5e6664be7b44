//! Money beside payout cycles: each file is one endpoint.

pub mod approve_bill;
pub mod cancel_bill;
pub mod charge_dues;
pub mod charge_usage;
pub mod close_year;
pub mod credit_invoice;
pub mod credit_share_interest;
pub mod export_share_register;
pub mod export_year_summaries;
pub mod get_bill;
pub mod get_document;
pub mod get_member_account;
pub mod get_own_account;
pub mod get_own_year;
pub mod get_share_register;
pub mod import_statement;
pub mod issue_invoice;
pub mod list_arrears;
pub mod list_bills;
pub mod list_documents;
pub mod list_money_terms;
pub mod list_share_movements;
pub mod list_year_summaries;
pub mod list_years;
pub mod move_shares;
pub mod pay_bill;
pub mod prepare_bill;
pub mod preview_credit_note;
pub mod preview_dues;
pub mod preview_incoming_payment;
pub mod preview_invoice;
pub mod preview_money_terms;
pub mod preview_share_interest;
pub mod preview_shares;
pub mod preview_statement;
pub mod preview_usage;
pub mod preview_year;
pub mod receive_entrance_fee;
pub mod record_incoming_payment;

use actix_web::web::{ServiceConfig, get, post, resource};
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths(
    list_money_terms::list_money_terms,
    preview_money_terms::preview_money_terms,
    get_share_register::get_share_register,
    export_share_register::export_share_register,
    list_share_movements::list_share_movements,
    preview_shares::preview_shares,
    move_shares::move_shares,
    preview_share_interest::preview_share_interest,
    credit_share_interest::credit_share_interest,
    preview_invoice::preview_invoice,
    issue_invoice::issue_invoice,
    list_documents::list_documents,
    get_document::get_document,
    preview_credit_note::preview_credit_note,
    credit_invoice::credit_invoice,
    preview_dues::preview_dues,
    charge_dues::charge_dues,
    preview_usage::preview_usage,
    charge_usage::charge_usage,
    receive_entrance_fee::receive_entrance_fee,
    preview_incoming_payment::preview_incoming_payment,
    record_incoming_payment::record_incoming_payment,
    get_own_account::get_own_account,
    get_member_account::get_member_account,
    list_arrears::list_arrears,
    prepare_bill::prepare_bill,
    list_bills::list_bills,
    get_bill::get_bill,
    approve_bill::approve_bill,
    pay_bill::pay_bill,
    cancel_bill::cancel_bill,
    preview_statement::preview_statement,
    import_statement::import_statement,
    list_years::list_years,
    preview_year::preview_year,
    close_year::close_year,
    get_own_year::get_own_year,
    list_year_summaries::list_year_summaries,
    export_year_summaries::export_year_summaries,
))]
pub struct Api;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    shares_and_dues(config);
    bills_and_years(config);
}

fn shares_and_dues(config: &mut ServiceConfig) {
    config
        .service(resource("/api/v1/coops/{coop}/money/terms").route(get().to(list_money_terms::list_money_terms)))
        .service(
            resource("/api/v1/coops/{coop}/money/terms/preview")
                .route(post().to(preview_money_terms::preview_money_terms)),
        )
        .service(
            resource("/api/v1/coops/{coop}/shares/register").route(get().to(get_share_register::get_share_register)),
        )
        .service(
            resource("/api/v1/coops/{coop}/shares/register.csv")
                .route(get().to(export_share_register::export_share_register)),
        )
        .service(
            resource("/api/v1/coops/{coop}/shares")
                .route(get().to(list_share_movements::list_share_movements))
                .route(post().to(move_shares::move_shares)),
        )
        .service(resource("/api/v1/coops/{coop}/shares/preview").route(post().to(preview_shares::preview_shares)))
        .service(resource("/api/v1/coops/{coop}/invoices/preview").route(post().to(preview_invoice::preview_invoice)))
        .service(
            resource("/api/v1/coops/{coop}/invoices")
                .route(post().to(issue_invoice::issue_invoice))
                .route(get().to(list_documents::list_documents)),
        )
        .service(resource("/api/v1/coops/{coop}/dues/preview").route(post().to(preview_dues::preview_dues)))
        .service(resource("/api/v1/coops/{coop}/dues").route(post().to(charge_dues::charge_dues)))
        .service(resource("/api/v1/coops/{coop}/usage-invoices/preview").route(post().to(preview_usage::preview_usage)))
        .service(resource("/api/v1/coops/{coop}/usage-invoices").route(post().to(charge_usage::charge_usage)))
        .service(
            resource("/api/v1/coops/{coop}/entrance-fees").route(post().to(receive_entrance_fee::receive_entrance_fee)),
        )
        .service(
            resource("/api/v1/coops/{coop}/incoming-payments/preview")
                .route(post().to(preview_incoming_payment::preview_incoming_payment)),
        )
        .service(
            resource("/api/v1/coops/{coop}/incoming-payments")
                .route(post().to(record_incoming_payment::record_incoming_payment)),
        )
        .service(resource("/api/v1/coops/{coop}/money/account").route(get().to(get_own_account::get_own_account)))
        .service(resource("/api/v1/coops/{coop}/money/arrears").route(get().to(list_arrears::list_arrears)))
        .service(
            resource("/api/v1/coops/{coop}/shares/interest/{year}")
                .route(get().to(preview_share_interest::preview_share_interest))
                .route(post().to(credit_share_interest::credit_share_interest)),
        )
        .service(resource("/api/v1/coops/{coop}/invoices/{document}").route(get().to(get_document::get_document)))
        .service(
            resource("/api/v1/coops/{coop}/invoices/{document}/credit-note")
                .route(post().to(credit_invoice::credit_invoice)),
        )
        .service(
            resource("/api/v1/coops/{coop}/invoices/{document}/credit-note/preview")
                .route(post().to(preview_credit_note::preview_credit_note)),
        )
        .service(
            resource("/api/v1/coops/{coop}/members/{member}/account")
                .route(get().to(get_member_account::get_member_account)),
        );
}

fn bills_and_years(config: &mut ServiceConfig) {
    config
        .service(
            resource("/api/v1/coops/{coop}/bills")
                .route(post().to(prepare_bill::prepare_bill))
                .route(get().to(list_bills::list_bills)),
        )
        .service(
            resource("/api/v1/coops/{coop}/income/statement/preview")
                .route(post().to(preview_statement::preview_statement)),
        )
        .service(resource("/api/v1/coops/{coop}/income/statement").route(post().to(import_statement::import_statement)))
        .service(resource("/api/v1/coops/{coop}/years").route(get().to(list_years::list_years)))
        .service(resource("/api/v1/coops/{coop}/bills/{bill}").route(get().to(get_bill::get_bill)))
        .service(resource("/api/v1/coops/{coop}/bills/{bill}/approvals").route(post().to(approve_bill::approve_bill)))
        .service(resource("/api/v1/coops/{coop}/bills/{bill}/payment").route(post().to(pay_bill::pay_bill)))
        .service(resource("/api/v1/coops/{coop}/bills/{bill}/cancellation").route(post().to(cancel_bill::cancel_bill)))
        .service(
            resource("/api/v1/coops/{coop}/years/{year}/closing")
                .route(get().to(preview_year::preview_year))
                .route(post().to(close_year::close_year)),
        )
        .service(resource("/api/v1/coops/{coop}/years/{year}/summary").route(get().to(get_own_year::get_own_year)))
        .service(
            resource("/api/v1/coops/{coop}/years/{year}/summaries")
                .route(get().to(list_year_summaries::list_year_summaries)),
        )
        .service(
            resource("/api/v1/coops/{coop}/years/{year}/summaries.csv")
                .route(get().to(export_year_summaries::export_year_summaries)),
        );
}
