//! What people see and do, in a real browser against the real server: pages, delivery and mailbox in one process.

mod giving;
mod looks;
mod site;
mod story;
