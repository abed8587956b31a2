//! What happens around every request, from outside in: [`request_id`], [`security_headers`], compression,
//! [`error_pages`], [`readable`], [`origin`]; and around single routes: [`limit`].

pub mod error_pages;
pub mod limit;
pub mod loopback;
pub mod origin;
pub mod readable;
pub mod request_id;
pub mod security_headers;
