//! Pledgepost: a newsletter and donation manager. The map of the house; who may import whom is kept by `tests/house.rs`.
// Stripe's objects are long: `json!` takes a step per token.
#![recursion_limit = "512"]

pub mod analyses;
pub mod app;
pub mod audit;
pub mod campaigns;
pub mod cli;
pub mod config;
pub mod db;
pub mod donations;
pub mod error;
pub mod finance;
pub mod i18n;
pub mod installation;
pub mod jobs;
pub mod lease;
pub mod mail;
pub mod organisation;
pub mod outbox;
pub mod payments;
pub mod sandbox;
pub mod staff;
pub mod stripe;
pub mod subscribers;
pub mod telemetry;
pub mod values;
pub mod web;
