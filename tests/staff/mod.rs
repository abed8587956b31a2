//! The pages for staff.

mod analyses;
mod analysis_pages;
mod campaigns;
mod links;
mod login;
mod members;
mod permissions;
mod settings;
