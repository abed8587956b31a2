//! Pledgepost: a newsletter and donation manager. The map of the house; who may import whom is kept by `tests/house.rs`.

pub mod db;
pub mod error;
pub mod i18n;
pub mod mail;
pub mod values;
