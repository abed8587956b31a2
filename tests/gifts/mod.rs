//! From the gift to the receipt.

mod client;
