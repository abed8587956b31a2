//! What staff see and do.

mod analyses;
mod campaign_pages;
mod campaigns;

mod links;
mod login;
mod members;
mod permissions;
mod settings;
