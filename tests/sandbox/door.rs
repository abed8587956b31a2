//! A server in the sandbox that is bound to one address of the machine cannot ask itself as loopback: it opens a door of its
//! own to its Stripe.

use pledgepost::app::{App, SandboxDoor};
use pledgepost::config::Config;
use pledgepost::installation::MadeBy;
use pledgepost::values::Clock;

use crate::on_both;
use crate::support::TestDb;

on_both! {
    async fn who_cannot_ask_itself_has_a_door_of_its_own(backend) {
        let test = TestDb::new(backend);
        for (bind, own_door) in [("127.0.0.1:8080", false), ("0.0.0.0:8080", false), ("[::1]:8080", false), ("192.0.2.7:8080", true)] {
            let mut config = Config::demo(&test.url, 8080).unwrap();
            config.web.bind = bind.parse().unwrap();
            let listener = SandboxDoor::bind_for_server(&mut config).unwrap();
            assert_eq!(listener.is_some(), own_door, "{bind}");
            let app = App::build(config, Clock::System, MadeBy::Demo).unwrap();
            let Some(door) = SandboxDoor::open(&app, listener) else { continue };
            let account = app.payments.as_ref().unwrap().account().await.unwrap();
            assert_eq!(account, pledgepost::sandbox::stripe::ACCOUNT);
            door.close().await;
        }
    }
}
