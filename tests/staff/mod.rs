//! The pages for staff.

mod analyses;
mod analysis_pages;
mod campaign_pages;
mod campaigns;
mod command_line;
mod home;
mod links;
mod login;
mod members;
mod permissions;
mod sending;
mod settings;
mod subscribers;
mod topics;
