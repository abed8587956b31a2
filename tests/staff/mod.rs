//! The pages for staff.

mod analyses;
mod analysis_pages;
mod campaign_pace;
mod campaign_pages;
mod campaigns;
mod campaigns_again;
mod command_line;
mod deliveries;
mod home;
mod links;
mod live;
mod login;
mod members;
mod permissions;
mod sending;
mod settings;
mod subscribers;
mod topics;
