//! The pages for staff.

mod analyses;
mod links;
mod login;
mod members;
mod permissions;
mod settings;
