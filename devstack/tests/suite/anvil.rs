//! The local chain.

use std::net::TcpListener;

use devstack::anvil::{FIRST_ACCOUNT, Mining};
use devstack::{Anvil, AnvilOptions, DevstackError, Port, http};

use crate::tools::{anvil_program, open_folder};

fn ask(anvil: &Anvil, method: &str, params: &str) -> String {
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
    http::post_json(anvil.port(), "/", &body).unwrap().1
}

#[test]
fn the_chain_goes_on_where_it_stopped() {
    let Some(program) = anvil_program("the_chain_goes_on_where_it_stopped") else {
        return;
    };
    let folder = open_folder();
    let mut options = AnvilOptions::new(&program, folder.path());
    options.keeps_state = true;
    options.chain_id = 4_242;
    let anvil = Anvil::start(&options).unwrap();
    ask(&anvil, "anvil_mine", r#"["0x5"]"#);
    ask(&anvil, "anvil_setBalance", &format!(r#"["{FIRST_ACCOUNT}","0x77"]"#));
    anvil.stop().unwrap();

    let anvil = Anvil::start(&options).unwrap();
    assert!(ask(&anvil, "eth_chainId", "[]").contains("\"0x1092\""));
    assert!(ask(&anvil, "eth_blockNumber", "[]").contains("\"0x5\""));
    assert!(ask(&anvil, "eth_getBalance", &format!(r#"["{FIRST_ACCOUNT}","latest"]"#)).contains("\"0x77\""));
}

#[test]
fn the_first_account_is_the_one_we_name_and_finality_is_two_blocks_away() {
    let Some(program) = anvil_program("the_first_account_is_the_one_we_name") else {
        return;
    };
    let folder = open_folder();
    let mut options = AnvilOptions::new(&program, folder.path());
    options.mining = Mining::OnDemand;
    let anvil = Anvil::start(&options).unwrap();
    assert!(ask(&anvil, "eth_accounts", "[]").contains(&format!("[\"{FIRST_ACCOUNT}\"")));
    ask(&anvil, "anvil_mine", r#"["0xa"]"#);
    assert!(ask(&anvil, "eth_getBlockByNumber", r#"["finalized",false]"#).contains("\"number\":\"0x8\""));
}

#[test]
fn a_taken_port_is_named() {
    let Some(program) = anvil_program("a_taken_port_is_named") else {
        return;
    };
    let folder = open_folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut options = AnvilOptions::new(&program, folder.path());
    options.port = Port::Fixed(port);
    let error = Anvil::start(&options).unwrap_err();
    assert!(
        matches!(error, DevstackError::PortBusy(busy) if busy == port),
        "{error}"
    );
}
