//! What staff see and do.

mod analyses;
mod campaigns;
//! The pages for staff.
mod links;
mod login;
mod members;
mod permissions;
mod settings;
mod analysis_pages;
