//! The books: each file is one endpoint.

pub mod export_books;
pub mod get_balances;
pub mod get_journal;
pub mod import_ledger;
pub mod list_accounts;
pub mod list_journal;
pub mod list_journal_entries;
pub mod open_accounts;
pub mod post_journal;
pub mod preview_import;
pub mod preview_income;
pub mod preview_journal;
pub mod record_income;
pub mod reverse_journal;

use actix_web::web::{ServiceConfig, get, post, resource};
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths(
    open_accounts::open_ledger_accounts,
    list_accounts::list_ledger_accounts,
    get_balances::get_ledger_balances,
    export_books::export_books,
    preview_journal::preview_journal,
    post_journal::post_journal,
    list_journal::list_journal,
    get_journal::get_journal,
    list_journal_entries::list_journal_entries,
    reverse_journal::reverse_journal,
    preview_income::preview_income,
    record_income::record_income,
    preview_import::preview_import,
    import_ledger::import_ledger,
))]
pub struct Api;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(
            resource("/api/v1/coops/{coop}/ledger/accounts")
                .route(get().to(list_accounts::list_ledger_accounts))
                .route(post().to(open_accounts::open_ledger_accounts)),
        )
        .service(resource("/api/v1/coops/{coop}/ledger/balances").route(get().to(get_balances::get_ledger_balances)))
        .service(resource("/api/v1/coops/{coop}/ledger/exports/{file}").route(get().to(export_books::export_books)))
        .service(resource("/api/v1/coops/{coop}/income/preview").route(post().to(preview_income::preview_income)))
        .service(
            resource("/api/v1/coops/{coop}/ledger/imports/preview").route(post().to(preview_import::preview_import)),
        )
        .service(resource("/api/v1/coops/{coop}/ledger/imports").route(post().to(import_ledger::import_ledger)))
        .service(resource("/api/v1/coops/{coop}/income").route(post().to(record_income::record_income)))
        .service(resource("/api/v1/coops/{coop}/journal/preview").route(post().to(preview_journal::preview_journal)))
        .service(
            resource("/api/v1/coops/{coop}/journal")
                .route(get().to(list_journal::list_journal))
                .route(post().to(post_journal::post_journal)),
        )
        .service(resource("/api/v1/coops/{coop}/journal/{journal}").route(get().to(get_journal::get_journal)))
        .service(
            resource("/api/v1/coops/{coop}/journal/{journal}/entries")
                .route(get().to(list_journal_entries::list_journal_entries)),
        )
        .service(
            resource("/api/v1/coops/{coop}/journal/{journal}/reversal")
                .route(post().to(reverse_journal::reverse_journal)),
        );
}
