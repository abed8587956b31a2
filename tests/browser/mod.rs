//! What people see and do, in a real browser against the real server: pages, delivery and mailbox in one process.

mod axe;
mod finance;
mod giving;
mod keyboard;
mod looks;
mod plain;
mod site;
mod story;
