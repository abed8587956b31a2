//! Nodes: who is alive, who may work, what happens to the rows of one that is not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::prelude::*;
use pledgepost::db::schema::nodes;
use pledgepost::db::{Database, Db};
use pledgepost::error::Error;
use pledgepost::lease::{Heirs, Keeper, Node, awake};
use pledgepost::values::{At, Clock, NodeId};

use crate::on_both;
use crate::support::{Backend, TestDb};

type Given = Arc<Mutex<Vec<NodeId>>>;

fn keeper(db: &Database, given: &Given) -> (Keeper, Arc<Node>) {
    let (node, given) = (Arc::new(Node::default()), given.clone());
    let heirs: Heirs = vec![Arc::new(move |_: &mut Db, id: NodeId, _: At| {
        given.lock().unwrap().push(id);
        Ok(())
    })];
    (Keeper::new(db.clone(), Clock::System, node.clone(), heirs), node)
}

fn rows(db: &Database) -> Vec<i64> {
    db.read_here(|db| -> Result<_, Error> { Ok(nodes::table.order(nodes::id).select(nodes::id).load(db)?) }).unwrap()
}

on_both! {
    async fn a_node_that_ends_gives_back_and_goes(backend) {
        let test = TestDb::new(backend);
        let (db, given) = (test.connect(), Given::default());
        let (mut first, node) = keeper(&db, &given);
        first.pass().unwrap();
        let id = node.id().expect("registered");
        first.leave();
        assert_eq!((node.id(), rows(&db), given.lock().unwrap().clone()), (None, vec![], vec![id]));
    }

    async fn a_node_that_others_buried_goes_on_under_a_new_number(backend) {
        let test = TestDb::new(backend);
        let (db, given) = (test.connect(), Given::default());
        let (mut first, node) = keeper(&db, &given);
        first.pass().unwrap();
        let old = node.id().unwrap();
        db.write_here(|db| -> Result<_, Error> { Ok(diesel::delete(nodes::table).execute(db)?) }).unwrap();
        first.pass().unwrap();
        let new = node.id().unwrap();
        assert_ne!(old, new, "a number is never used twice");
        assert!(!node.holds(old));
    }

    async fn a_heartbeat_that_stands_still_is_not_trusted_by_its_own_node(backend) {
        let test = TestDb::new(backend);
        let (db, given) = (test.connect(), Given::default());
        let (mut first, node) = keeper(&db, &given);
        first.pass().unwrap();
        let id = node.id().unwrap();
        // As if the machine had slept for 25 seconds since the last heartbeat.
        node.beat(id, awake().saturating_sub(Duration::from_secs(25)));
        assert_eq!(node.id(), None, "it must not write to the wire");
        first.pass().unwrap();
        assert_eq!(node.id(), Some(id), "nobody buried it, so it goes on");
    }
}

#[test]
fn on_sqlite_one_process_works_and_the_next_takes_over_at_once() {
    let test = TestDb::new(Backend::Sqlite);
    let (db, given) = (test.connect(), Given::default());
    let (mut first, first_node) = keeper(&db, &given);
    let (mut second, second_node) = keeper(&db, &given);
    first.pass().unwrap();
    second.pass().unwrap();
    let dead = first_node.id().unwrap();
    assert_eq!(second_node.id(), None, "one process delivers from one file");
    // `kill -9`: the system frees the lock, the node's row stays behind.
    drop(first);
    second.pass().unwrap();
    assert!(second_node.id().is_some());
    assert_eq!(*given.lock().unwrap(), [dead], "what the dead one had leased is given back at once");
    assert_eq!(rows(&db).len(), 1);
}

#[test]
fn on_postgresql_any_number_works() {
    let test = TestDb::new(Backend::Postgres);
    let (db, given) = (test.connect(), Given::default());
    let (mut first, first_node) = keeper(&db, &given);
    let (mut second, second_node) = keeper(&db, &given);
    first.pass().unwrap();
    second.pass().unwrap();
    assert_ne!(first_node.id().unwrap(), second_node.id().unwrap());
    assert!(given.lock().unwrap().is_empty());
}

on_both! {
    async fn rows_leased_by_a_node_that_is_not_there_are_given_back(backend) {
        use pledgepost::app::App;
        use pledgepost::config::Config;
        use pledgepost::db::schema::deliveries;
        use pledgepost::installation::MadeBy;
        use pledgepost::outbox::{self, DeliveryState, NewDelivery};
        use pledgepost::values::{EmailAddress, Language};

        let test = TestDb::new(backend);
        let app = App::build(Config::demo(&test.url, 8080).unwrap(), Clock::System, MadeBy::Demo).unwrap();
        let mail = NewDelivery::system("confirm", EmailAddress::parse("a@example.org").unwrap(), Language::english(), &serde_json::json!({}));
        let mail = mail.unwrap();
        let id = app.db.write_here(|db| -> Result<_, Error> {
            let id = outbox::enqueue(db, &mail, Clock::System.now())?;
            // As a claim that was committed after the others had buried its node.
            diesel::update(deliveries::table).set((deliveries::state.eq(DeliveryState::Sending), deliveries::lease.eq(Some(77_i64)))).execute(db)?;
            Ok(id)
        }).unwrap();
        let (mut keeper, node) = keeper(&app.db, &Given::default());
        keeper.pass().unwrap();
        app.jobs.pass(&app.db, &app.clock, &node).unwrap();
        let row = app.db.read_here(|db| -> Result<_, Error> { Ok(outbox::store::find(db, id)?) }).unwrap().unwrap();
        assert_eq!(row.state, DeliveryState::Deferred, "it is sent again");
    }
}
