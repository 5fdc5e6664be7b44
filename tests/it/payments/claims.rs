//! Aim: what a cycle owes is claimed on a chain by whoever wants to be paid so, and the books say what final blocks show, once. Method: a real
//! node with the contract and a token on it; each message is sent by accounts of people, as the API gives it.

use devstack::anvil::Mining;
use governance::ledger::{ClaimSet, to_token_units};
use serde_json::{Value, json};
use server::services::payments::following::follow_all;
use tests::app::{ChainChoice, Options, TestApp};
use tests::chain::TestChain;
use tests::data::not_run;
use tests::memory_chain::DEVELOPMENT_KEY;
use tests::person::Reply;

use self::records::a_root_is_under_an_anchor_before_it_is_submitted;
use super::claim_guards::the_schema_believes_the_chain_alone;
use super::desk::{Desk, give_passwords};
use super::island::{ANYBODY, DAY, EXECUTOR, Island};
use super::tampering::{Logs, Tampering};
use super::world::{ACCOUNTS, House, stands};
use crate::crash::program::program;
use crate::decisions::world::Insider;
use crate::proof::contract;

mod records;

/// A node with a distributor on it, and a server that follows it.
async fn begin(test: &str) -> Option<((TestChain, Tampering), Island, TestApp)> {
    let chain = TestChain::start(test, Mining::EverySeconds(1)).await?;
    let way = Tampering::before(chain.url());
    let place = ChainChoice::Node {
        url: way.url.clone(),
        chain_id: chain.chain_id(),
        contract: contract(&chain).await,
        key: DEVELOPMENT_KEY,
    };
    let island = Island::on(&chain.url()).await;
    let app = TestApp::start_with(Options::default().chain(place)).await;
    Some(((chain, way), island, app))
}

/// What the executor, who is another program here, was given of a file.
fn part<'a>(file: &'a Value, name: &str) -> &'a Value {
    &file["claims"][name]
}

impl House {
    /// Links a wallet to the account of a member, as if it had signed for it, and has the member be paid there.
    async fn claims_to(&self, app: &TestApp, who: &Insider, wallet: &str) {
        let body = json!({"rail": "chain", "name": "my wallet", "wallet": wallet});
        let told = self.post(who, "payee", &body).await.problem("invalid-field");
        assert!(told.to_string().contains("link the wallet"), "{told}");
        let address: Vec<u8> = governance::hash::from_hex(wallet).unwrap();
        let insert = "INSERT INTO sign_in_wallet (id, account_id, address, recorded_by) VALUES ($1, $2, $3, 'test')";
        let superuser = app.database.superuser().await;
        let account = who.person.account.uuid();
        let _ = superuser
            .execute(insert, &[&uuid::Uuid::now_v7(), &account, &address])
            .await
            .unwrap();
        let payee = self.post(who, "payee", &body).await.expect(201);
        assert_eq!(
            payee["account"],
            format!("{}…{}", &wallet[..6], &wallet[38..]),
            "{payee}"
        );
        self.confirm(&payee).await;
    }

    async fn add_distributor(&self, island: &Island) -> Reply {
        let body = json!({"account": "assets:chain:distributor", "currency": "EUR", "contract": island.distributor,
            "token_address": island.token});
        self.post(&self.treasurer, "distributors", &body).await
    }

    /// Prepares a list of claims.
    async fn list(&self, cycle: &str, account: &Value) -> Reply {
        let body = json!({"ledger_account": account, "pay_on": "2999-12-31"});
        self.post(&self.treasurer, &format!("payouts/{cycle}/files"), &body)
            .await
    }

    /// The newest file of a cycle.
    async fn newest(&self, cycle: &str) -> Value {
        let all = self
            .get(&self.auditor, &format!("payouts/{cycle}/files"))
            .await
            .expect(200);
        all["items"].as_array().unwrap().last().unwrap().clone()
    }

    /// A list of claims.
    async fn claims_of(&self, cycle: &str, file: &Value) -> String {
        let path = format!("payouts/{cycle}/files/{}/claims.txt", file["id"].as_str().unwrap());
        String::from_utf8(self.get(&self.auditor, &path).await.bytes.to_vec()).unwrap()
    }

    async fn claim(&self, who: &Insider) -> Value {
        self.get(who, "claims").await.expect(200)["items"][0].clone()
    }
}

/// Follows the chain up to now.
async fn follow(app: &TestApp, island: &Island) {
    island.finish_blocks().await;
    follow_all(&app.app).await.unwrap();
}

/// The story: one member by the bank and one by claim; a root is queued, activated once it is funded, claimed, and noted once; a second one is
/// stopped and comes again; what nobody claims stays owed.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a story")]
async fn a_cycle_is_paid_by_a_bank_and_by_claim() {
    let Some(((_chain, way), island, app)) = begin("a cycle that is paid by claim").await else {
        return;
    };
    let house = House::paying(&app, &["sepa", "evm", "manual"]).await;
    let [ana, ben] = [&house.hall.members[0], &house.hall.members[1]];
    let wallet = island.accounts[7].clone();
    let added = house.add_distributor(&island).await.expect(201);
    assert_eq!(
        (&added["digits"], &added["held"], &added["is_even"]),
        (&json!(6), &json!("0.00"), &json!(true))
    );
    house.add_distributor(&island).await.problem("payment-state");
    only_one_pays_from_it(&app, &house, &island).await;
    let account = &added["ledger_account"];
    let payee = house.say(ana, "Demo Ana", ACCOUNTS[0]).await;
    house.confirm(&payee).await;
    house.claims_to(&app, ben, &wallet).await;
    let cycle = house.owing("2026-Q3", "600.00").await;
    let _ = house.issue(&cycle).await;
    let by_bank = house.prepare(&cycle).await.expect(201);
    assert_eq!((&by_bank["transfers"], &by_bank["rail"]), (&json!(1), &json!("bank")));
    let list = house.list(&cycle, account).await.expect(201);
    assert_eq!(
        (&list["transfers"], &list["rail"]),
        (&json!(1), &json!("chain")),
        "{list}"
    );
    assert_eq!(
        (part(&list, "state"), part(&list, "epoch")),
        (&json!("prepared"), &Value::Null)
    );
    house
        .release(&house.treasurer, &cycle, &list)
        .await
        .problem("four-eyes");
    let released = house.release(&house.auditor, &cycle, &list).await.expect(200);
    assert_eq!(
        (part(&released, "state"), part(&released, "epoch")),
        (&json!("released"), &json!(1))
    );
    assert_eq!(house.lies().await, ["-500.00", "-100.00", "0.00"]);
    let text = house.claims_of(&cycle, &list).await;
    let set = ClaimSet::read_list(&text).unwrap();
    assert_eq!(json!(set.tree().root()), *part(&released, "root"));
    assert_eq!(set.total(), 100_000_000);
    // Who replays the cycle comes to what the list promises.
    let bundle = house.get(&house.auditor, &format!("payouts/{cycle}/bundle")).await;
    let replayed = audit::allocate_reader(bundle.bytes.as_slice()).unwrap();
    let paid = replayed.payments.iter().find(|one| one.member == ben.member).unwrap();
    let units = to_token_units(paid.paid.units(), 6);
    assert_eq!((replayed.different, units), (0, Some(set.total())));
    assert!(house.claim(ben).await.is_null(), "nothing is active yet");
    a_root_is_under_an_anchor_before_it_is_submitted(&app, &house, &released, &text).await;

    // The executor submits, nobody else; the program only sees it once it is final.
    assert!(!island.call(ANYBODY, part(&released, "submission")).await);
    assert!(island.call(EXECUTOR, part(&released, "submission")).await);
    assert!(!island.call(EXECUTOR, part(&released, "submission")).await, "once");
    follow(&app, &island).await;
    let queued = house.newest(&cycle).await;
    assert_eq!(
        (part(&queued, "state"), part(&queued, "submission")),
        (&json!("queued"), &Value::Null)
    );
    island.later(DAY + 1).await;
    assert!(
        !island.call(ANYBODY, part(&queued, "activation")).await,
        "it is not funded"
    );
    island.fund(10_000).await;
    assert!(island.call(ANYBODY, part(&queued, "activation")).await);
    follow(&app, &island).await;
    assert_eq!(part(&house.newest(&cycle).await, "state"), "active");
    assert_eq!(
        house.stand(&cycle).await,
        stands(&[("accepted", 1), ("held", 4), ("prepared", 1)])
    );

    // The chain has what the books do not, until the treasurer writes down that it was funded.
    let beside = house.get(&house.auditor, "reconciliation").await.expect(200);
    assert_eq!(
        (
            &beside["distributors"][0]["held"],
            &beside["distributors"][0]["is_even"]
        ),
        (&json!("100.00"), &json!(false))
    );
    assert!(beside["alarms"].to_string().contains("uneven"), "{beside}");
    house
        .move_by_hand(("assets:bank:main", "assets:chain:distributor"), "100.00", "2026-10-01")
        .await;
    let beside = house.get(&house.auditor, "reconciliation").await.expect(200);
    assert_eq!(
        (
            &beside["distributors"][0]["unclaimed"],
            &beside["distributors"][0]["is_even"]
        ),
        (&json!("100.00"), &json!(true))
    );

    // Ben claims; whatever breaks while it is noted, it is noted once.
    let claim = house.claim(ben).await;
    assert_eq!(
        (&claim["left"], &claim["wallet"]),
        (&json!("100.00"), &json!(wallet.to_lowercase())),
        "{claim}"
    );
    assert!(island.call(ANYBODY, &claim["call"]).await);
    assert!(!island.call(ANYBODY, &claim["call"]).await, "nothing is left");
    assert_eq!(island.held(&wallet).await, format!("{:x}", 100_000_000));
    let superuser = app.database.superuser().await;
    let dying = "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'dead'; END $$;
        CREATE TRIGGER die BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION die();";
    superuser.batch_execute(dying).await.unwrap();
    follow(&app, &island).await;
    assert_eq!(
        house.balance("assets:chain:distributor").await,
        "100.00",
        "all of it or nothing"
    );
    superuser.batch_execute("DROP FUNCTION die() CASCADE").await.unwrap();
    // A node that gives no list, or leaves the claim out, is not believed; one that tells few blocks at a time is asked for fewer.
    for logs in [Logs::Null, Logs::None] {
        way.tell(logs);
        follow(&app, &island).await;
        assert_eq!(house.balance("assets:chain:distributor").await, "100.00", "{logs:?}");
    }
    way.tell(Logs::OneBlock);
    for _ in 0..2 {
        follow(&app, &island).await;
        assert_eq!(
            house.stand(&cycle).await,
            stands(&[("held", 4), ("prepared", 1), ("settled", 1)])
        );
        assert_eq!(house.balance("assets:chain:distributor").await, "0.00");
        assert_eq!(house.lies().await, ["-500.00", "0.00", "0.00"]);
    }
    let claimed = house.claim(ben).await;
    assert_eq!((&claimed["left"], &claimed["call"]), (&json!("0.00"), &Value::Null));

    // The next cycle adds to what was promised. A guardian stops it, and it comes again under another epoch.
    let next = house.owing("2026-Q4", "600.00").await;
    let _ = house.issue(&next).await;
    let stopped = house.list(&next, account).await.expect(201);
    house.list(&next, account).await.problem("payment-state");
    let stopped = house.release(&house.auditor, &next, &stopped).await.expect(200);
    assert_eq!(
        (&stopped["total"], part(&stopped, "total")),
        (&json!("100.00"), &json!("200.00"))
    );
    assert!(island.call(EXECUTOR, part(&stopped, "submission")).await);
    island.veto(2).await;
    follow(&app, &island).await;
    assert_eq!(part(&house.newest(&next).await, "state"), "vetoed");
    assert_eq!(house.stand(&next).await, stands(&[("held", 4), ("ready", 2)]));
    let again = house.list(&next, account).await.expect(201);
    let again = house.release(&house.auditor, &next, &again).await.expect(200);
    assert_eq!(
        (part(&again, "epoch"), part(&again, "root")),
        (&json!(3), part(&stopped, "root"))
    );
    assert!(island.call(EXECUTOR, part(&again, "submission")).await);
    island.fund(10_000).await;
    house
        .move_by_hand(("assets:bank:main", "assets:chain:distributor"), "100.00", "2026-10-01")
        .await;
    island.later(DAY + 1).await;
    follow(&app, &island).await;
    assert!(
        island
            .call(ANYBODY, part(&house.newest(&next).await, "activation"))
            .await
    );
    follow(&app, &island).await;
    let claim = house.claim(ben).await;
    assert_eq!(
        (&claim["cumulative"], &claim["left"], &claim["epoch"]),
        (&json!("200.00"), &json!("100.00"), &json!(3))
    );
    // What nobody claims stays owed, and keeps no cycle open.
    for who in [
        ana,
        &house.hall.members[2],
        &house.hall.steward,
        &house.treasurer,
        &house.auditor,
    ] {
        let path = format!("payouts/{next}/payments/{}/carry", who.member);
        let _ = house
            .post(&house.treasurer, &path, &json!({"reason": "later"}))
            .await
            .expect(200);
    }
    for who in [&house.treasurer, &house.auditor] {
        let _ = house
            .post(who, &format!("payouts/{next}/closing"), &json!({}))
            .await
            .expect(200);
    }
    assert_eq!(house.lies().await[1], "-100.00");
    the_schema_believes_the_chain_alone(&app).await;
    a_root_that_nobody_released_is_told(&app, &island, &house, account).await;
    app.finish().await;
}

/// A member has the claim paid elsewhere from the command line: the node's wallet signs what the program writes, anybody brings the message, and the
/// contract pays whom it names, once. Neither another wallet's signature nor one for another address does.
async fn a_claim_is_paid_where_its_wallet_says(app: &TestApp, house: &House, island: &Island) {
    let Some(program) = program() else {
        return not_run("a claim that is paid elsewhere", "the program is not built");
    };
    let ben = &house.hall.members[1];
    give_passwords(app, &[ben]).await;
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::new(&program, folder.path(), "ben");
    let _ = desk.signs_in(&house.hall.slug, ben, &app.url).await.well();
    let said = desk.does(&["claims"]).await.well();
    assert!(said.contains("200.00 EUR of 300.00 may be claimed"), "{said}");
    let [wallet, elsewhere, another] = [7, 8, 9].map(|place: usize| island.accounts[place].to_lowercase());
    let ask = ["claim-to", "--until", "2999-12-31", "--json", "--recipient"];
    let asks = async |recipient: &str, more: &[&str]| desk.does(&[&ask[..], &[recipient], more].concat()).await;
    asks("0xFB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", &[])
        .await
        .refused("misspelt");
    asks(&island.distributor, &[]).await.refused("neither itself nor");
    let typed = asks(&elsewhere, &[]).await.json();
    assert_eq!(typed["message"]["cumulative"], "300000000");
    let (right, foreign) = (
        island.signs(&wallet, &typed).await,
        island.signs(&another, &typed).await,
    );
    for (recipient, signature) in [(&elsewhere, &foreign), (&another, &right)] {
        asks(recipient, &["--signature", signature])
            .await
            .refused("did not sign this");
    }
    let call = asks(&elsewhere, &["--signature", &right]).await.json();
    assert_eq!(island.held(&elsewhere).await, "");
    assert!(island.call(ANYBODY, &call).await);
    assert_eq!(island.held(&elsewhere).await, format!("{:x}", 200_000_000));
    assert!(!island.call(ANYBODY, &call).await, "it is paid once");
    follow(app, island).await;
    assert_eq!(
        house.claim(ben).await["left"],
        "0.00",
        "the books note it like any other claim"
    );
    asks(&elsewhere, &[]).await.refused("nothing is left to claim");
}

/// A contract is one co-op's of this server, and an account of the books stands for it or for an account of a bank.
async fn only_one_pays_from_it(app: &TestApp, house: &House, island: &Island) {
    let other = House::paying(app, &["evm"]).await;
    let told = other.add_distributor(island).await.problem("payment-state");
    assert!(told["detail"].as_str().unwrap().contains("Another co-op"), "{told}");
    let bank = json!({"account": "assets:chain:distributor", "currency": "EUR", "iban": ACCOUNTS[1], "bic": "MOCKNL2A", "holder": "Demo co-op",
        "edition": "pain.001.001.09"});
    let told = house
        .post(&house.treasurer, "bank-accounts", &bank)
        .await
        .problem("payment-state");
    assert!(
        told["detail"].as_str().unwrap().contains("stands for a contract"),
        "{told}"
    );
    let contract = json!({"account": "assets:bank:main", "currency": "EUR", "contract": island.distributor, "token_address": island.token});
    let told = other
        .post(&other.treasurer, "distributors", &contract)
        .await
        .problem("payment-state");
    assert!(
        told["detail"]
            .as_str()
            .unwrap()
            .contains("stands for an account of a bank"),
        "{told}"
    );
}

/// The executor submits what nobody released: it alarms at once and moves nothing, until a guardian stops it; while the contract pays by it, nothing
/// of the contract is posted. What was released under its epoch is due again; what was released and never submitted is given up by two persons.
#[expect(clippy::too_many_lines, reason = "a story")]
async fn a_root_that_nobody_released_is_told(app: &TestApp, island: &Island, house: &House, account: &Value) {
    let foreign = async || {
        follow(app, island).await;
        let beside = house.get(&house.auditor, "reconciliation").await.expect(200);
        let epoch = beside["distributors"][0]["foreign_epoch"].clone();
        assert_eq!(
            beside["alarms"].to_string().contains("foreign"),
            !epoch.is_null(),
            "{beside}"
        );
        epoch
    };
    let block = async || {
        let all = house.get(&house.auditor, "distributors").await.expect(200);
        all["items"][0]["block"].as_u64().unwrap()
    };
    let posted = async || house.get(&house.auditor, "journal").await.expect(200)["items"][0]["number"].clone();
    let before = (house.lies().await, posted().await);
    assert_eq!(foreign().await, Value::Null);
    island.submit_another(4, 20_000).await;
    assert_eq!(foreign().await, json!(4));
    // One that is stopped hides none that is not.
    island.submit_another(5, 20_000).await;
    island.veto(5).await;
    assert_eq!(foreign().await, json!(4));
    assert_eq!((house.lies().await, posted().await), before, "nothing is moved");
    island.veto(4).await;
    assert_eq!(foreign().await, Value::Null);

    // A list that was prepared and not released is foreign like any other.
    let cycle = house.owing("2027-Q1", "600.00").await;
    let _ = house.issue(&cycle).await;
    let list = house.list(&cycle, account).await.expect(201);
    let root = part(&list, "root").as_str().unwrap().to_owned();
    island.submit(6, &root, 30_000).await;
    assert_eq!(foreign().await, json!(6));
    island.veto(6).await;
    assert_eq!(foreign().await, Value::Null);
    // What is released comes under the epoch that the contract takes next. Whoever is there before takes its place.
    let list = house.release(&house.auditor, &cycle, &list).await.expect(200);
    assert_eq!(part(&list, "epoch"), &json!(7));
    island.submit_another(7, 20_000).await;
    assert!(!island.call(EXECUTOR, part(&list, "submission")).await, "it is used up");
    assert_eq!(foreign().await, json!(7));
    assert_eq!(part(&house.newest(&cycle).await, "state"), "displaced");
    assert_eq!(house.stand(&cycle).await, stands(&[("held", 4), ("ready", 2)]));
    // A root of ours under an epoch that is none of its own is foreign too; stopped, it is none.
    island.submit(8, &root, 30_000).await;
    island.veto(8).await;
    assert_eq!(foreign().await, json!(7));
    // It promises no more than there is, so it becomes active. Then nothing of the contract is believed.
    island.later(DAY + 1).await;
    let (reached, posted_before) = (block().await, posted().await);
    island.activate(7).await;
    assert_eq!(foreign().await, json!(7));
    assert_eq!(
        (block().await, posted().await),
        (reached, posted_before),
        "nothing is posted"
    );

    // Nobody submits what is released next: two persons give it up, and its epoch is the next one's.
    let withdraw = async |who: &Insider, file: &Value| {
        let path = format!("payouts/{cycle}/files/{}/withdrawal", file["id"].as_str().unwrap());
        house.post(who, &path, &json!({"reason": "the key is lost"})).await
    };
    let list = house.list(&cycle, account).await.expect(201);
    let list = house.release(&house.auditor, &cycle, &list).await.expect(200);
    assert_eq!(part(&list, "epoch"), &json!(9));
    let asked = withdraw(&house.auditor, &list).await.expect(200);
    assert_eq!(
        (part(&asked, "state"), part(&asked, "giving_up")),
        (&json!("released"), &json!("the key is lost"))
    );
    withdraw(&house.auditor, &list).await.problem("four-eyes");
    let done = withdraw(&house.treasurer, &list).await.expect(200);
    assert_eq!(part(&done, "state"), "given_up");
    withdraw(&house.treasurer, &list).await.problem("payment-state");
    assert_eq!(house.stand(&cycle).await, stands(&[("held", 4), ("ready", 2)]));
    let list = house.list(&cycle, account).await.expect(201);
    let list = house.release(&house.auditor, &cycle, &list).await.expect(200);
    assert_eq!(part(&list, "epoch"), &json!(9));
    assert!(island.call(EXECUTOR, part(&list, "submission")).await);
    let _ = withdraw(&house.auditor, &list).await.expect(200);
    assert_eq!(foreign().await, json!(7));
    withdraw(&house.treasurer, &list).await.problem("payment-state");
    // A root of ours that is active after it ends it. One claim covers what two cycles pay, whenever it was promised.
    island.fund(10_000).await;
    island.later(DAY + 1).await;
    assert!(
        island
            .call(ANYBODY, part(&house.newest(&cycle).await, "activation"))
            .await
    );
    assert_eq!(foreign().await, Value::Null);
    assert!(block().await > reached);
    assert_eq!(house.lies().await[1], "-200.00");
    a_claim_is_paid_where_its_wallet_says(app, house, island).await;
    assert_eq!(house.lies().await[1], "0.00");
    // A contract that promises something and is not followed is told.
    let superuser = app.database.superuser().await;
    let long_ago = "UPDATE distributor SET seen_at = seen_at - interval '2 hours'";
    superuser.batch_execute(long_ago).await.unwrap();
    let stale = async || {
        let beside = house.get(&house.auditor, "reconciliation").await.expect(200);
        beside["alarms"].to_string().contains("stale")
    };
    assert!(stale().await);
    follow(app, island).await;
    assert!(!stale().await);
}
