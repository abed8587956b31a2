//! What may go wrong while a campaign is sent: the real program as child processes against a mail server of the test's own.
//! Judged by that server's log first; then our tables have to say the same.

#![expect(clippy::print_stdout, reason = "how wide the doubt was stands in the output of a test that failed")]

mod database;
mod end;
mod kill;
mod nodes;
mod overtaking;
mod replies;
mod servers;
