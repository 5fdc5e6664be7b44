//! Payments: each file is one endpoint.

pub mod add_bank_account;
pub mod add_distributor;
pub mod carry_payment;
pub mod close_cycle;
pub mod confirm_payee;
pub mod download_claims;
pub mod download_file;
pub mod get_claims;
pub mod get_payee;
pub mod get_payment;
pub mod import_bank_file;
pub mod issue_payments;
pub mod judge_evidence;
pub mod list_bank_accounts;
pub mod list_bank_files;
pub mod list_distributors;
pub mod list_evidence;
pub mod list_files;
pub mod list_payees;
pub mod list_payments;
pub mod prepare_file;
pub mod preview_bank_file;
pub mod preview_payment_file;
pub mod release_file;
pub mod reverse_cycle;
pub mod set_payee;
pub mod show_payments;
pub mod show_reconciliation;
pub mod state_payment;
pub mod withdraw_ending;
pub mod withdraw_file;

use actix_web::web::{ServiceConfig, get, post, resource};
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths(
    get_payee::get_payee,
    set_payee::set_payee,
    list_payees::list_payees,
    confirm_payee::confirm_payee,
    list_bank_accounts::list_bank_accounts,
    add_bank_account::add_bank_account,
    list_distributors::list_distributors,
    add_distributor::add_distributor,
    get_claims::get_claims,
    show_payments::show_payments,
    issue_payments::issue_payments,
    list_payments::list_payments,
    get_payment::get_payment,
    prepare_file::prepare_payment_file,
    preview_payment_file::preview_payment_file,
    list_files::list_payment_files,
    release_file::release_payment_file,
    withdraw_file::withdraw_payment_file,
    download_file::download_payment_file,
    download_claims::download_claims,
    state_payment::state_payment,
    list_evidence::list_payment_evidence,
    judge_evidence::judge_payment_evidence,
    carry_payment::carry_payment,
    close_cycle::close_payout_cycle,
    reverse_cycle::reverse_payout_cycle,
    withdraw_ending::withdraw_payout_ending,
    show_reconciliation::show_reconciliation,
    preview_bank_file::preview_bank_file,
    import_bank_file::import_bank_file,
    list_bank_files::list_bank_files,
))]
pub struct Api;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |rest: &str| resource(format!("/api/v1/coops/{{coop}}{rest}"));
    config
        .service(
            at("/payee")
                .route(get().to(get_payee::get_payee))
                .route(post().to(set_payee::set_payee)),
        )
        .service(at("/payees").route(get().to(list_payees::list_payees)))
        .service(at("/payees/{member}/confirmation").route(post().to(confirm_payee::confirm_payee)))
        .service(
            at("/bank-accounts")
                .route(get().to(list_bank_accounts::list_bank_accounts))
                .route(post().to(add_bank_account::add_bank_account)),
        )
        .service(
            at("/distributors")
                .route(get().to(list_distributors::list_distributors))
                .route(post().to(add_distributor::add_distributor)),
        )
        .service(at("/claims").route(get().to(get_claims::get_claims)))
        .service(
            at("/payouts/{cycle}/issue")
                .route(get().to(show_payments::show_payments))
                .route(post().to(issue_payments::issue_payments)),
        )
        .service(at("/payouts/{cycle}/payments").route(get().to(list_payments::list_payments)))
        .service(at("/payouts/{cycle}/payment").route(get().to(get_payment::get_payment)))
        .service(
            at("/payouts/{cycle}/files")
                .route(get().to(list_files::list_payment_files))
                .route(post().to(prepare_file::prepare_payment_file)),
        )
        .service(at("/payouts/{cycle}/files/preview").route(post().to(preview_payment_file::preview_payment_file)))
        .service(at("/payouts/{cycle}/payments/{member}/evidence").route(post().to(state_payment::state_payment)))
        .service(at("/payouts/{cycle}/payments/{member}/carry").route(post().to(carry_payment::carry_payment)))
        .service(at("/payouts/{cycle}/evidence").route(get().to(list_evidence::list_payment_evidence)))
        .service(
            at("/payouts/{cycle}/evidence/{evidence}/verdict").route(post().to(judge_evidence::judge_payment_evidence)),
        )
        .service(at("/payouts/{cycle}/closing").route(post().to(close_cycle::close_payout_cycle)))
        .service(at("/payouts/{cycle}/ending/withdrawal").route(post().to(withdraw_ending::withdraw_payout_ending)))
        .service(at("/payouts/{cycle}/reversal").route(post().to(reverse_cycle::reverse_payout_cycle)))
        .service(at("/reconciliation").route(get().to(show_reconciliation::show_reconciliation)))
        .service(at("/bank-files/preview").route(post().to(preview_bank_file::preview_bank_file)))
        .service(
            at("/bank-files")
                .route(get().to(list_bank_files::list_bank_files))
                .route(post().to(import_bank_file::import_bank_file)),
        )
        .service(at("/payouts/{cycle}/files/{file}/release").route(post().to(release_file::release_payment_file)))
        .service(at("/payouts/{cycle}/files/{file}/withdrawal").route(post().to(withdraw_file::withdraw_payment_file)))
        .service(at("/payouts/{cycle}/files/{file}/claims.txt").route(get().to(download_claims::download_claims)))
        .service(
            at("/payouts/{cycle}/files/{file}/transfers.xml").route(get().to(download_file::download_payment_file)),
        );
}
