//! What handlers take: parsed, checked and permitted, so that a signature says who may call and what it gets.

mod client_ip;
mod form;
mod loopback;
mod public_page;
mod query;
mod scraper;
mod staff;
mod staff_door;
mod upload;

pub use client_ip::{ClientIp, client_ip};
pub use form::{Form, FormOrJson};
pub use loopback::{Loopback, is_loopback};
pub use public_page::PublicPage;
pub use query::Query;
pub use scraper::Scraper;
pub use staff::{SESSION_NOTICE, SESSION_STAFF, Staff, permit};
pub use staff_door::StaffDoor;
pub use upload::{FILE_LIMIT, Upload, UploadedFile};
